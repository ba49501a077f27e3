/** A service that is stopped, or killed, and started again goes on with its pending charges, and ends its holds. */
import { afterAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

/** Shorter than any charge of these tests takes. */
const PAYMENT_DEADLINE_MS = "50"

type Payment = NonNullable<Trade.Wish["payment"]>

/** One of ten units is ordered, and the service ends and starts again, in both ways: the order comes to this end by itself. */
const settled = async (
  env: Readonly<Record<string, string>>,
  payment: Payment,
  { status, stock, movement }: { readonly status: string; readonly stock: Trade.Stock; readonly movement: string },
) => {
  const database = await freshDatabase()
  const all = { DATABASE_URL: database, PAYMENT_DEADLINE_MS, ...env }
  let service = await start(all)
  for (const how of ["stop", "kill"] as const) {
    const product = await Trade.create(service, 10)
    const order = await Trade.buy(service, product, { payment })
    expect([how, order.status]).toEqual([how, 202])
    await service[how]()
    service = await start(all)
    // Read from the tables, so that this does not wake the product's owner.
    await until(`it is ${status} after ${how}`, async () =>
      (await Trade.movements(service, product)).includes(movement),
    )
    expect(await Trade.status(service, order.body.id)).toBe(status)
    expect(await Trade.stock(service, product)).toEqual(stock)
    expect(await Trade.movements(service, product)).toEqual(["created", "reserved", movement])
  }
  expect(await service.stop()).toEqual({ code: 0, signal: null })
  await Trade.verify(database)
}

describe.each(["1", "3"])("after a stop, and after a kill, with %s worker(s)", (workers) => {
  it("a pending charge goes on", () =>
    settled(
      { WORKERS: workers },
      { token: "tok_delay_1000" },
      { status: "paid", stock: { onHand: 9, reserved: 0, available: 9 }, movement: "confirmed" },
    ))

  it("a hold ends when its time comes", () =>
    settled({ WORKERS: workers, HOLD_SECONDS: "1", PAYMENT_GRACE_SECONDS: "1" }, "later", {
      status: "expired",
      stock: { onHand: 10, reserved: 0, available: 10 },
      movement: "expired",
    }))
})
