/**
 * Makes what `upgrade.test.ts` restores: the service of a former commit sells on an empty database, and pg_dump writes down
 * what is there when it is killed.
 *
 *     node test/adapters/postgres/old-schemas/make.ts COMMIT NAME
 *
 * Needs git, and PostgreSQL's own programs (Debian: postgresql-15). The commit's tools are today's: its own may differ.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as Foreign from "../../../support/foreign-postgres.ts"
import { killAll, ROOT, type Service, start, until } from "../../../support/service.ts"

const [commit, name] = process.argv.slice(2)
if (commit === undefined || name === undefined) throw new Error("usage: make.ts COMMIT NAME")

const git = (...args: ReadonlyArray<string>) => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim()

const checkOut = () => {
  const folder = mkdtempSync(join(tmpdir(), "jaego-former-"))
  git("worktree", "add", "--detach", folder, commit)
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"))
  return { folder, remove: () => git("worktree", "remove", "--force", folder) }
}

/** Ends with orders of every status: delivered, refunded, declined, expired, and reserved when it is killed. */
const trade = async (service: Service): Promise<void> => {
  const ask = (path: string, body: unknown, key: string) => service.post(path, body, { "idempotency-key": key })
  const products: Array<string> = []
  for (const [index, more] of [{}, { purchaseLimit: 5 }, {}].entries()) {
    const n = index + 1
    const price = { amount: n * 100, currency: "EUR" }
    const made = await ask("/v1/products", { sku: `S-${n}`, name: `Thing ${n}`, price, onHand: 20, ...more }, `p-${n}`)
    products.push(made.body.id)
  }
  const [one, two, three] = products.map((productId) => ({ productId, quantity: 1 })) as [object, object, object]
  const order = async (key: string, customerId: string, lines: ReadonlyArray<object>, payment?: unknown) => {
    const answer = await ask("/v1/orders", { customerId, lines, ...(payment === undefined ? {} : { payment }) }, key)
    if (answer.body.id === undefined && answer.status !== 402) throw new Error(`${key}: ${answer.text}`)
    return answer.body.id as string
  }
  const becomes = (id: string, status: string) =>
    until(`${id} is ${status}`, async () => (await service.get(`/v1/orders/${id}`)).body.status === status)
  const first = await order("o-1", "ann", [{ ...one, quantity: 2 }, two])
  const second = await order("o-2", "bo", [three])
  const third = await order("o-3", "ann", [{ ...two, quantity: 4 }, three])
  await ask(`/v1/orders/${third}/cancel`, { reason: "no" }, "c-3")
  await order("o-4", "bo", [one], { token: "tok_decline" })
  const left = [await order("o-5", "cy", [one], "later"), await order("o-7", "cy", [three], "later")]
  await later(service, products)
  for (const id of [first, second]) await becomes(id, "delivered")
  for (const id of left) await becomes(id, "expired")
  for (const key of ["o-6", "o-8"]) await order(key, "di", [three], "later")
}

/** What younger builds can: others say that they do not know it. */
const later = async (service: Service, [one, two]: ReadonlyArray<string>): Promise<void> => {
  await service.post(`/v1/products/${one}/views`)
  await service.post("/v1/admin/pause", { scope: "product", productId: two, reason: "counted" })
  const product = await service.get(`/v1/products/${two}`)
  const tag = product.headers.get("etag")
  if (tag !== null)
    await service.send("PATCH", `/v1/products/${two}`, { price: { amount: 250, currency: "EUR" } }, { "if-match": tag })
  const imported = await fetch(`${service.url}/v1/imports?mode=delta`, {
    method: "POST",
    headers: { "content-type": "text/csv", "idempotency-key": "import" },
    body: "sku,delta\nS-1,3\nNONE,1\n",
  })
  if (imported.status !== 202) return
  const { id } = (await imported.json()) as { readonly id: string }
  await until("the import has ended", async () => {
    const { state } = (await service.get(`/v1/imports/${id}`)).body
    return state === "finished" || state === "failed"
  })
}

/** Statements without what pg_dump says about them and about its own session. */
const dump = (url: string): ReadonlyArray<string> =>
  execFileSync("pg_dump", ["--inserts", "--rows-per-insert=500", "--no-owner", "--no-privileges", url], {
    encoding: "utf8",
  })
    .split(/^--\n-- .*\n--\n/m)
    .map((text) => text.replaceAll(/^(--.*|\\.*|SET .*;|SELECT pg_catalog\.set_config.*)\n/gm, "").trim())
    .filter((text) => text !== "" && !/^(CREATE|COMMENT ON) SCHEMA/.test(text))
    .map((text) => text.replace(/;$/, ""))

const former = checkOut()
const postgres = await Foreign.start()
try {
  postgres.query("create database shop")
  const env = { DATABASE_URL: postgres.url("shop"), HOLD_SECONDS: "3", SHIPPING_AFTER_SECONDS: "3" }
  const service = await start(env, [], join(former.folder, "src/cli.ts"))
  await trade(service)
  await service.kill()
  const head = `-- What the build of commit ${git("rev-parse", "--short=7", commit)} made and sold, as pg_dump writes it. A statement ends before a line of dashes.`
  const text = `${head}\n\n${dump(postgres.url("shop")).join("\n----\n")}\n`
  writeFileSync(join(import.meta.dirname, `${name}.sql.gz`), gzipSync(text, { level: 9 }))
  console.log(`${name}: ${text.length} bytes`)
} finally {
  await killAll()
  await postgres.stop()
  former.remove()
  rmSync(former.folder, { recursive: true, force: true })
}
