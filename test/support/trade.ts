/** Buying and selling over HTTP: what the tests of the service do all the time. */
import { randomUUID } from "node:crypto"
import { Effect } from "effect"
import { expect } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import * as Verification from "../../src/adapters/postgres/verification/verify.ts"
import { ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import type { Answer, Service } from "./service.ts"

export interface Stock {
  readonly onHand: number
  readonly reserved: number
  readonly available: number
}

export const newKey = (): string => randomUUID()

export const create = async (service: Service, onHand: number, more: { readonly purchaseLimit?: number } = {}) => {
  const price = { amount: 1_250, currency: "EUR" }
  const answer = await service.post("/v1/products", { sku: newKey(), name: "Moon jar", price, onHand, ...more })
  expect(answer.status, answer.text).toBe(201)
  return answer.body.id as string
}

/** Two products whose lanes lie on different workers (of one worker: just two). */
export const createApart = async (
  service: Service,
  workers: number,
  first: { readonly onHand: number; readonly purchaseLimit?: number },
  second: { readonly onHand: number },
): Promise<readonly [string, string]> => {
  const workerOf = (id: string) => Lane.of(ProductId.make(id)) % workers
  const one = await create(
    service,
    first.onHand,
    first.purchaseLimit === undefined ? {} : { purchaseLimit: first.purchaseLimit },
  )
  for (;;) {
    const two = await create(service, second.onHand)
    if (workers === 1 || workerOf(one) !== workerOf(two)) return [one, two]
  }
}

export interface Wish {
  readonly customerId?: string
  readonly lines: ReadonlyArray<{ readonly productId: string; readonly quantity: number }>
  readonly payment?: "later" | { readonly token: string; readonly onDecline?: "release" | "keep" }
}

export const order = (service: Service, wish: Wish, key = newKey(), headers: Record<string, string> = {}) =>
  service.post("/v1/orders", { customerId: "kim", ...wish }, { "idempotency-key": key, ...headers })

/** One unit, or some, of one product. */
export const buy = (
  service: Service,
  productId: string,
  more: Omit<Partial<Wish>, "lines"> & { quantity?: number } = {},
) => {
  const { quantity = 1, ...rest } = more
  return order(service, { ...rest, lines: [{ productId, quantity }] })
}

export const times = <A>(count: number, each: (index: number) => Promise<A>): Promise<ReadonlyArray<A>> =>
  Promise.all(Array.from({ length: count }, (_, index) => each(index)))

export const stock = async (service: Service, productId: string): Promise<Stock> => {
  const answer = await service.get(`/v1/products/${productId}/stock`)
  expect(answer.status, answer.text).toBe(200)
  const { onHand, reserved, available } = answer.body
  return { onHand, reserved, available }
}

/** What moved, oldest first, of the first hundred movements. */
export const movements = async (service: Service, productId: string): Promise<ReadonlyArray<string>> => {
  const answer = await service.get(`/v1/products/${productId}/stock/movements?limit=100`)
  expect(answer.status, answer.text).toBe(200)
  return answer.body.data.map(({ type }: { readonly type: string }) => type).reverse()
}

export const status = async (service: Service, orderId: string): Promise<string> => {
  const answer = await service.get(`/v1/orders/${orderId}`)
  expect(answer.status, answer.text).toBe(200)
  return answer.body.status
}

/** All orders that contain the product, from the list. */
export const ordersOf = async (service: Service, productId: string): Promise<ReadonlyArray<Answer["body"]>> => {
  const found: Array<Answer["body"]> = []
  for (let cursor = ""; ; ) {
    const { status: code, body, text } = await service.get(`/v1/orders?limit=100${cursor}`)
    expect(code, text).toBe(200)
    found.push(
      ...body.data.filter((each: Answer["body"]) =>
        each.lines.some((line: Answer["body"]) => line.productId === productId),
      ),
    )
    if (!body.hasMore) return found
    cursor = `&cursor=${body.nextCursor}`
  }
}

/** How many answers there were of each kind: `201`, `409 insufficient-stock`, ... */
export const tally = (answers: ReadonlyArray<Answer>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { status: code, body } of answers) {
    const kind = code < 400 ? String(code) : `${code} ${body.code}`
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

/** Proves the database right, from SQL alone, as `jaego verify` does, without a process of its own. */
export const verify = async (databaseUrl: string): Promise<void> => {
  const { checks } = await Effect.runPromise(Effect.provide(Verification.verify, PostgresClient.layer(databaseUrl)))
  expect(checks.filter(({ violations }) => violations > 0)).toEqual([])
}

export interface Crowd {
  /** Order ids that were acknowledged, with the status they were acknowledged with. */
  readonly acknowledged: ReadonlyMap<string, string>
  /** Every answer that was not an acceptance, by kind. */
  readonly refused: ReadonlyMap<string, number>
  /** No caller begins anything new; settles when all have been answered, or have lost their connection. */
  readonly leave: () => Promise<void>
}

/** `size` buyers who order one unit of one of the products after the other until they leave, or hear no more. */
export const crowd = (service: Service, products: ReadonlyArray<string>, size = 16): Crowd => {
  const acknowledged = new Map<string, string>()
  const refused = new Map<string, number>()
  let open = true
  const buyer = async (index: number) => {
    for (let turn = index; open; turn++) {
      const answer = await buy(service, products[turn % products.length]!, { customerId: `buyer-${index}` }).catch(
        () => null,
      )
      // The line is dead: whether that order was placed is unknown.
      if (answer === null) return
      if (answer.status < 300) acknowledged.set(answer.body.id, answer.body.status)
      else
        refused.set(
          `${answer.status} ${answer.body.code}`,
          (refused.get(`${answer.status} ${answer.body.code}`) ?? 0) + 1,
        )
    }
  }
  const all = times(size, buyer)
  return {
    acknowledged,
    refused,
    leave: async () => {
      open = false
      await all
    },
  }
}

/** Every acknowledged order is there, as it was acknowledged or further on. */
export const expectAllThere = async (service: Service, { acknowledged }: Crowd): Promise<void> => {
  expect(acknowledged.size).toBeGreaterThan(0)
  const ids = [...acknowledged.keys()]
  for (let from = 0; from < ids.length; from += 32)
    await Promise.all(
      ids.slice(from, from + 32).map(async (id) => {
        const now = await status(service, id)
        if (acknowledged.get(id) === "paid") expect(now).toBe("paid")
        else expect(["reserved", "paid"]).toContain(now)
      }),
    )
}
