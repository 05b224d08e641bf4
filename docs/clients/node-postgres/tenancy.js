// One transaction for each request: begin, login, the work, commit. On a pool with `pipeline: true` login travels with
// the first query of the work.
//
//   const pool = new pg.Pool({ pipeline: true })
//   const { rows } = await asTenant(pool, token, (client) => client.query('select title from documents'))
//
// token({ fresh }) gives the JWT of the request; fresh is true, once, where the first has expired. The work may run
// twice: it should do nothing that a rollback does not undo.
export async function asTenant(pool, token, work) {
  let jwt = await token({ fresh: false })
  for (let again = false; ; again = true) {
    try {
      return await transaction(pool, jwt, work)
    } catch (error) {
      if (again || !['28000', '28T02'].includes(error.code)) throw error
      if (error.code === '28T02') jwt = await token({ fresh: true })
    }
  }
}

async function transaction(pool, jwt, work) {
  const client = await pool.connect()
  let unfit
  try {
    const login = Promise.all([client.query('begin'), client.query('select tenancy.login($1)', [jwt])])
    const outcomes = await Promise.allSettled([login, (async () => work(client))()])
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
    await client.query('commit')
    return outcomes[1].value
  } catch (error) {
    if (error.code === '28T04') unfit = error
    await client.query('rollback').catch((lost) => { unfit = lost })
    throw error
  } finally {
    client.release(unfit) // with an error, the pool closes the connection
  }
}
