// One transaction for each request: begin, login, the work, commit. Each is a round trip of its own.
//
//   const pool = tenantPool(new pg.Pool())
//   const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
//   const documents = await asTenant(prisma, token, (tx) => tx.document.findMany())
//
// token({ fresh }) gives the JWT of the request; fresh is true, once, where the first has expired. The work may run
// twice: it should do nothing that a rollback does not undo.
export async function asTenant(prisma, token, work, options) {
  let jwt = await token({ fresh: false })
  for (let again = false; ; again = true) {
    try {
      return await prisma.$transaction(async (tx) => {
        await tx.$executeRaw`select tenancy.login(${jwt})`
        return work(tx)
      }, options)
    } catch (error) {
      if (again || !['28000', '28T02'].includes(sqlstate(error))) throw error
      if (sqlstate(error) === '28T02') jwt = await token({ fresh: true })
    }
  }
}

// Prisma gives 28000 a code of its own, and wraps the rest; the SQLSTATE is below.
export const sqlstate = (error) => error.meta?.driverAdapterError?.cause?.originalCode

// Prisma returns each connection to the pool as fit. This closes those that could not take an identity.
export function tenantPool(pool) {
  const unfit = new WeakSet()
  pool.on('connect', (client) =>
    client.connection.on('errorMessage', (message) => message.code === '28T04' && unfit.add(client)))
  pool.on('release', (_, client) => unfit.has(client) && client.end())
  return pool
}
