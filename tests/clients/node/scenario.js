// Requests of tenants, refusals and errors, the same with each driver; prints what came of them. The same as
// ../python/scenario.py.
const { TOKEN_EVE: eve, TOKEN_GWEN: gwen, TOKEN_FORGED: forged, TOKEN_EXPIRED: expired } = process.env

// asTenant(token, work) is the helper over a pool of one connection; work is given what query(_, sql, ...values) takes.
// withoutLogin() makes a query outside of it; sqlstate(error) is undefined for what is no error of SQL.
export async function play({ asTenant, query, withoutLogin, sqlstate }) {
  const titles = async (request) =>
    (await query(request, 'select title from documents order by title')).map((row) => row.title)
  const processOf = (token) =>
    asTenant(() => token, async (request) => (await query(request, 'select pg_backend_pid() as pid'))[0].pid)
  const insert = (request) =>
    query(request, "insert into documents (owner_id, title) values (tenancy.user_uuid(), $1) returning title", 'Acme: New')

  const attempt = (promise) =>
    promise.catch((error) => {
      if (!sqlstate(error)) throw error
      return sqlstate(error)
    })

  async function report(name, tokens, work) {
    const asked = []
    let runs = 0
    const token = ({ fresh }) => tokens[asked.push(fresh ? 'a fresh one' : 'a token') - 1]
    const outcome = await attempt(asTenant(token, (request) => work(request, ++runs)).then((rows) => rows.join(', ')))
    console.log(`${name}: ${outcome}; asked for ${asked.join(', ')}`)
    return runs
  }

  const losing = (times) => async (request, run) => {
    if (run <= times) await query(request, 'select tenancy.logout()::text')
    return titles(request)
  }

  if (process.argv[2] === 'trips') {
    for (let n = 0; n < Number(process.argv[3]); n++) await asTenant(() => eve, titles)
    return
  }

  await report('eve', [eve], titles)
  await report('gwen', [gwen], titles)
  console.log('same connection:', (await processOf(eve)) === (await processOf(gwen)))
  console.log('no login:', await attempt(withoutLogin()))
  console.log('runs:', await report('identity lost', [eve], losing(1)))
  console.log('runs:', await report('lost again', [eve], losing(2)))
  await report('forged', [forged], titles)
  await report('expired', [expired, eve], titles)
  await report('expired again', [expired, expired], titles)
  let before = await processOf(eve)
  await report('error', [eve], async (request) => {
    await insert(request)
    return query(request, 'select 1 / 0')
  })
  await report('mistake', [eve], (request) => query(request, 'select nothing'))
  console.log('same connection:', before === (await processOf(eve)))
  await report('gwen after it', [gwen], titles)
  await report('eve after it', [eve], titles)
  await report('insert', [eve], async (request) => {
    await insert(request)
    return titles(request)
  })
  await report('delete', [eve], async (request) => {
    await query(request, 'delete from documents where title = $1 returning title', 'Acme: New')
    return titles(request)
  })
  before = await processOf(eve)
  await report('second identity', [eve], (request) => query(request, 'select tenancy.login($1)::text', gwen))
  console.log('same connection:', before === (await processOf(eve)))
  await report('gwen at last', [gwen], titles)
}
