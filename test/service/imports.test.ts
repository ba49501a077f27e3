/** Imports into the real service: killed in the middle, taken over by another process, beside a sale; every row applied once. */
import { afterAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, run, type Service, start, until } from "../support/service.ts"

afterAll(killAll)

const times = <A>(count: number, make: (index: number) => A): ReadonlyArray<A> =>
  Array.from({ length: count }, (_, index) => make(index))

const handIn = async (service: Service, text: string, query = "mode=delta", key: string = crypto.randomUUID()) => {
  const response = await fetch(`${service.url}/v1/imports?${query}`, {
    method: "POST",
    headers: { "content-type": "text/csv", "idempotency-key": key },
    body: text,
  })
  const body = (await response.json()) as { readonly id: string }
  expect([response.status, response.headers.get("location")]).toEqual([202, `/v1/imports/${body.id}`])
  return body.id
}

const stateOf = async (service: Service, id: string) => (await service.get(`/v1/imports/${id}`)).body

const ended = (service: Service, id: string) =>
  until("the import has ended", async () => {
    const one = await stateOf(service, id)
    return one.finishedAt !== null && one
  })

const product = async (service: Service, sku: string) => (await service.get(`/v1/products?sku=${sku}`)).body.data[0]
const stockOf = async (service: Service, sku: string) =>
  (await service.get(`/v1/products/${(await product(service, sku)).id}/stock`)).body

const HEAD = "sku,name,price,currency,stock,delta"
const ROWS = 12_000
/** Three of four rows are deliveries, each of a product of its own; the first two hundred create theirs in the same file. */
const deliveries = [
  HEAD,
  ...times(200, (index) => `k${index},Mug,100,EUR,1,5`),
  ...times(ROWS, (index) => `k${index % 3_000},Mug,100,EUR,1,1`),
].join("\n")

/** Rows of one product: `k0` is created with 1, and then 1 + ROWS / 3_000 - 1 come to it. */
const expected = (index: number): number => (index < 200 ? 1 + ROWS / 3_000 : 1 + ROWS / 3_000 - 1)

describe.each([
  ["with one worker", { WORKERS: "1" }],
  ["with three workers, and threads for HTTP", { WORKERS: "3", HTTP_THREADS: "2" }],
])("a service %s", (_, env) => {
  it("that is killed in the middle goes on when it is started again, and applies every row once", async () => {
    const all = { ...env, DATABASE_URL: await freshDatabase(), OVERLOAD_MODE: "off" }
    let service = await start(all)
    const key = crypto.randomUUID()
    const id = await handIn(service, deliveries, "mode=delta", key)
    // Nothing is recorded the first time, some of it the second.
    const begun = () => product(service, "k100")
    const recorded = async () => (await stateOf(service, id)).rows.applied > 0
    for (const isUnderWay of [begun, recorded]) {
      await until("some rows are applied", isUnderWay)
      expect((await stateOf(service, id)).state, "it ended before it was killed").toBe("running")
      await service.kill()
      service = await start(all)
    }
    const one = await ended(service, id)
    expect(one).toMatchObject({ state: "finished", error: null })
    expect(one.rows).toEqual({ read: ROWS + 200, applied: ROWS + 200, failed: 0, skipped: 0 })
    for (const index of [0, 1, 57, 199, 200, 777, 1_500, 2_999])
      expect([index, (await stockOf(service, `k${index}`)).onHand]).toEqual([index, expected(index)])
    expect(await handIn(service, deliveries, "mode=delta", key)).toBe(id)
    expect((await service.get(`/v1/imports/${id}/rows?status=failed`)).body.data).toEqual([])
    await service.stop()
    const { code, stderr, stdout } = await run(["verify"], all)
    expect(code, stdout + stderr).toBe(0)
  })

  it("leaves a count that is taken during a sale at what was counted, less what was sold since", async () => {
    const service = await start({ ...env, DATABASE_URL: await freshDatabase() })
    await ended(service, await handIn(service, ["sku,name,price,currency,stock", "S,Mug,100,EUR,500"].join("\n")))
    const { id: productId } = await product(service, "S")
    let sold = 0
    let isSelling = true
    const buyer = async (who: number) => {
      for (let order = 0; isSelling; order++) {
        const body = { customerId: `c${who}`, lines: [{ productId, quantity: 1 }] }
        const { status } = await service.post("/v1/orders", body, { "idempotency-key": `${who} ${order}` })
        // 202: its payment is on its way.
        if (status === 201 || status === 202) sold++
      }
    }
    const crowd = times(4, buyer)
    await until("some are sold", () => sold > 10)
    // Seven are missing on the shelf, as it is at this version.
    const counted = await stockOf(service, "S")
    const rows = `sku,stock,version\nS,${counted.onHand - 7},${counted.version}`
    const before = sold
    await until("more are sold", () => sold > before + 10)
    await ended(service, await handIn(service, rows, "mode=absolute"))
    const again = await ended(service, await handIn(service, rows, "mode=absolute"))
    expect(again.rows).toEqual({ read: 1, applied: 1, failed: 0, skipped: 0 })
    isSelling = false
    await Promise.all(crowd)
    const { onHand } = await until("all are paid", async () => {
      const stock = await stockOf(service, "S")
      return stock.reserved === 0 && stock
    })
    expect(onHand).toBe(500 - 7 - sold)
    await service.stop()
  })
})

it("of two processes the one that stands by takes an import up when the other is killed", async () => {
  const env = { DATABASE_URL: await freshDatabase(), WORKERS: "1" }
  const first = await start(env)
  const second = await start(env)
  const id = await handIn(first, deliveries)
  await until("it is begun", async () => (await stateOf(first, id)).rows.applied > 0)
  // The one that stands by can be asked, and leaves it alone.
  expect((await stateOf(second, id)).state).toBe("running")
  await first.kill()
  expect((await ended(second, id)).rows).toMatchObject({ applied: ROWS + 200, failed: 0 })
  for (const index of [0, 199, 200, 2_999])
    expect([index, (await stockOf(second, `k${index}`)).onHand]).toEqual([index, expected(index)])
  await second.stop()
})
