import pg from 'pg'
import { asTenant } from './tenancy.js'
import { play } from './scenario.js'

const pool = new pg.Pool({ pipeline: true, max: 1 })
await play({
  asTenant: (token, work) => asTenant(pool, token, work),
  query: async (client, sql, ...values) => (await client.query(sql, values)).rows,
  withoutLogin: () => pool.query('select title from documents'),
  sqlstate: (error) => error.code
})
await pool.end()
