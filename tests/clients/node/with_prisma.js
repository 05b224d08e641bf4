import pg from 'pg'
import { PrismaPg } from '@prisma/adapter-pg'
import { asTenant, sqlstate, tenantPool } from './tenancy.js'
import { play } from './scenario.js'
import generated from './generated/index.js'

const pool = tenantPool(new pg.Pool({ max: 1 }))
const prisma = new generated.PrismaClient({ adapter: new PrismaPg(pool) })

// By the client where it can, as an application does.
async function query(tx, sql, ...values) {
  if (sql.startsWith('select title')) return tx.document.findMany({ orderBy: { title: 'asc' } })
  if (!sql.startsWith('insert')) return tx.$queryRawUnsafe(sql, ...values)
  const [{ id }] = await tx.$queryRaw`select tenancy.user_uuid() as id`
  return [await tx.document.create({ data: { ownerId: id, title: values[0] } })]
}

await play({
  asTenant: (token, work) => asTenant(prisma, token, work, { maxWait: 60_000, timeout: 60_000 }),
  query,
  withoutLogin: () => prisma.document.findMany(),
  sqlstate
})
await prisma.$disconnect()
await pool.end()
