/**
 * The judge: holds a run to the laws. The standing ones at many moments while everything is under way, the others when it
 * has come to its end. What is judged here and not in `support/` needs to know what the shoppers know.
 */
import * as MemoryStore from "../../src/adapters/memory/store.ts"
import { isGivenUp, type Order } from "../../src/domain/order.ts"
import type { Stock } from "../../src/domain/stock.ts"
import { claimName } from "../../src/ports/inventory.ts"
import { brokenHistory } from "../support/history-laws.ts"
import { type Books, broken, group, SETTLED, STANDING, unpaidHolds } from "../support/laws.ts"
import { brokenMoney, brokenSettlement, type Surroundings } from "../support/settlement-laws.ts"
import type { StockMirror } from "../support/stock-mirror.ts"
import type { Crowd, Wish } from "./crowd.ts"

type Charges = Surroundings["charges"]

/** `holdsPerCustomer`: 0, any number. */
export const standing = (
  store: MemoryStore.Tables,
  holdsPerCustomer: number,
  charges: Charges,
): ReadonlyArray<string> => {
  const books = MemoryStore.rows(store)
  const laws = holdsPerCustomer === 0 ? STANDING : [...STANDING, unpaidHolds(holdsPerCustomer)]
  return [...broken(laws, books), ...brokenMoney(books, charges)]
}

/** Every attempt but these refused ones had ended, for certain, before the last of them was sent. */
const isRefusedForGood = ({ attempts }: Wish): boolean => {
  const last = attempts.at(-1)
  if (last?.outcome !== "refused") return false
  return attempts.every(({ endedAt, outcome }) => {
    if (outcome === "accepted" || outcome === "silent" || outcome === "open") return false
    return outcome === "refused" || endedAt! <= last.sentAt
  })
}

/** Asking again under the key says what became of it: refused means that nothing did, and nothing will. */
const retriesSay = (wishes: ReadonlyArray<Wish>, books: Books): ReadonlyArray<string> => {
  const bound = new Map(books.keys.map(({ claim }) => [claimName(claim), claim.fingerprint]))
  const byKey = group(wishes, ({ request }) => (request.claim === null ? null : claimName(request.claim)))
  return wishes.flatMap((wish) => {
    const { claim, what } = wish.request
    // Of a key that several people use, `I5 replays are equal` judges.
    if (claim === null || byKey.get(claimName(claim))!.length > 1) return []
    const isBound = bound.get(claimName(claim)) === claim.fingerprint
    if (isBound && isRefusedForGood(wish)) return [`wish ${wish.number} (${what}) was refused, and yet it is bound`]
    const accepted = wish.attempts.some(({ outcome }) => outcome === "accepted")
    return accepted && !isBound ? [`wish ${wish.number} (${what}) was accepted, and is not bound`] : []
  })
}

const answered = (wishes: ReadonlyArray<Wish>, minutes: string): ReadonlyArray<string> =>
  wishes.flatMap(({ attempts, isDone, number, request }) =>
    isDone
      ? []
      : [`wish ${number} (${request.what}) has no answer after ${attempts.length} attempts and ${minutes} of peace`],
  )

/** A tentative hold is given back when its time has come, never before it. */
const lapsesOnTime = (books: Books, lapses: ReadonlyMap<string, number>): ReadonlyArray<string> =>
  books.movements.flatMap(({ at, orderId, productId, type }) => {
    const lapsesAt = lapses.get(`${orderId} ${productId}`)
    if (type !== "expired" || lapsesAt === undefined || at >= lapsesAt) return []
    return books.orders.some(({ id }) => id === orderId)
      ? []
      : [`the tentative hold of ${productId} for ${orderId} lapsed ${lapsesAt - at} ms early`]
  })

export interface Ending {
  readonly store: MemoryStore.Tables
  readonly crowd: Crowd
  readonly charges: Charges
  readonly lapses: ReadonlyMap<string, number>
  readonly calmFrom: number
  /** How long there was peace, in words. */
  readonly peace: string
}

export const settled = ({ calmFrom, charges, crowd, lapses, peace, store }: Ending): ReadonlyArray<string> => {
  const books = MemoryStore.rows(store)
  return [
    ...broken(STANDING, books),
    ...broken(SETTLED, books),
    ...brokenHistory(crowd.calls, books),
    ...brokenSettlement({ books, charges, calmFrom }),
    ...answered(crowd.wishes, peace).map((where) => `everyone is answered: ${where}`),
    ...retriesSay(crowd.wishes, books).map((where) => `I5 a retry says which: ${where}`),
    ...lapsesOnTime(books, lapses).map((where) => `I11 tentative holds lapse on time: ${where}`),
  ]
}

/** In the instant in which a charge is barred: its order is committed not to count on it. */
export const barredRashly = (order: Order | undefined): ReadonlyArray<string> => {
  if (order === undefined) return ["barred only when it is decided: no order is committed"]
  const isOpen = order.status === "reserved" && order.attempt !== null && !isGivenUp(order)
  return isOpen || ["paid", "shipped", "delivered"].includes(order.status)
    ? [`barred only when it is decided: order ${order.id} is ${order.status}`]
    : []
}

/** Stock rebuilt from the stream is what the tables have. */
export const mirrored = ({ mistakes, stocks }: StockMirror, store: MemoryStore.Tables): ReadonlyArray<string> =>
  [
    ...mistakes,
    ...[...store.stocks].flatMap(([id, stock]) => {
      const [is, should] = [JSON.stringify(stocks.get(id)), JSON.stringify(ordered(stock))]
      return is === should ? [] : [`product ${id} is ${should}, and ${is} on the stream`]
    }),
  ].map((where) => `I7 stock rebuilt from the stream: ${where}`)

const ordered = ({ onHand, reserved, version }: Stock) => ({ onHand, reserved, version })
