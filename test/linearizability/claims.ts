/**
 * What an answer claims of one product: from a recorded operation to deeds.
 *
 * What a reader of a single product may see of an order over several workers (`workers`, lanes as in `Placement.deal`):
 * its lines on other workers than its home are first held *tentatively*. Such a hold is a real one: it counts in
 * `reserved`, can be read, and can be what another buyer is refused for. Acceptance changes nothing in the product;
 * refusal releases it before the refusal is answered; if the process dies in between it lapses by itself, any time later.
 * So a refused order may have been two steps on a product: reserved and released.
 *
 * After the order has ended, its lines on other workers follow: before the answer, except that an answer that was
 * repeated (the first one was lost) may come before them.
 */
import { ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import * as History from "./history.ts"

export interface Line {
  readonly productId: string
  readonly quantity: number
}

export type Payment = "later" | "tok_ok" | "tok_decline"

export type Asked =
  | {
      readonly kind: "order"
      readonly customer: string
      readonly lines: ReadonlyArray<Line>
      readonly payment: Payment
    }
  /** `status`: as it was answered. */
  | {
      readonly kind: "cancel"
      readonly orderId: string
      readonly lines: ReadonlyArray<Line>
      readonly status: "reserved" | "paid"
    }
  | { readonly kind: "pay"; readonly orderId: string; readonly lines: ReadonlyArray<Line> }
  | { readonly kind: "receive"; readonly productId: string; readonly quantity: number }
  | { readonly kind: "adjust"; readonly productId: string; readonly delta: number; readonly reason: string }
  | { readonly kind: "read"; readonly productId: string }

/** What was answered; null where the answer has no such thing. */
export interface Answered {
  readonly status: number
  readonly code: string | null
  readonly orderId: string | null
  readonly stock: (History.State & { readonly version: number }) | null
  /** The product a refusal is about, and how much of it was available. */
  readonly productId: string | null
  readonly available: number | null
}

export interface Operation {
  readonly name: string
  readonly asked: Asked
  /** When each attempt was begun (ms); they share a key. */
  readonly attempts: ReadonlyArray<number>
  /** When the last attempt was answered for good. */
  readonly answered: number
  /** Null: unknown; `answered` is Infinity then. */
  readonly answer: Answered | null
}

const { perhaps, late } = History

/** Which worker owns what. */
const workerOf = (lane: Lane.Lane, workers: number): number => lane % workers
const ownerOf = (productId: string, workers: number): number => workerOf(Lane.of(ProductId.make(productId)), workers)

const homeOf = (lines: ReadonlyArray<Line>, workers: number): number =>
  workerOf(Lane.home(lines.map(({ productId }) => ProductId.make(productId))), workers)

interface Context {
  readonly operation: Operation
  readonly productId: string
  readonly workers: number
}

const deed = (
  { operation }: Context,
  mark: History.Mark,
  steps: ReadonlyArray<History.Step>,
  invoked = operation.attempts[0]!,
): History.Deed => ({ name: nameOf(operation), mark, invoked, steps })

const nameOf = ({ name, answer }: Operation): string =>
  `${name}: ${answer === null ? "no answer" : [answer.status, answer.code].filter((word) => word !== null).join(" ")}`

const tentative = (context: Context, quantity: number, invoked: number): History.Deed =>
  deed(
    context,
    { by: "attempt" },
    [perhaps(History.reserve(quantity, 0)), perhaps(History.release(quantity, 0))],
    invoked,
  )

type OrderAsked = Extract<Asked, { readonly kind: "order" }>

const orderDeeds = (context: Context, asked: OrderAsked): ReadonlyArray<History.Deed> => {
  const { operation, productId, workers } = context
  const { attempts, answer } = operation
  const line = asked.lines.find((one) => one.productId === productId)
  if (line === undefined) return []
  const { quantity } = line
  const isAway = ownerOf(productId, workers) !== homeOf(asked.lines, workers)
  const isRefused = answer?.code === "insufficient-stock"
  // Whichever attempt was the one: the others may have held tentatively before they learnt of it.
  const others = isRefused || attempts.length === 1 ? attempts.slice(0, -1) : attempts
  const lost = answer === null ? attempts : others
  const holds = isAway ? lost.map((invoked) => tentative(context, quantity, invoked)) : []
  if (answer === null) {
    const ends = { later: [], tok_ok: [History.confirm(quantity, 0)], tok_decline: [History.release(quantity, 0)] }
    const steps = [History.reserve(quantity, 0), ...ends[asked.payment]].map(perhaps)
    return [deed(context, { by: "customer", customer: asked.customer }, steps), ...holds]
  }
  if (isRefused) return [...refusedOrder(context, asked, line), ...holds]
  return [deed(context, { by: "order", id: answer.orderId! }, acceptedOrder(context, asked, line, isAway)), ...holds]
}

const acceptedOrder = (
  { operation }: Context,
  asked: OrderAsked,
  { quantity }: Line,
  isAway: boolean,
): ReadonlyArray<History.Step> => {
  const { answered: by, attempts, answer } = operation
  const reserve = History.reserve(quantity, by)
  if (answer!.status === 202 && asked.payment === "later") return [reserve]
  const end = asked.payment === "tok_decline" ? History.release(quantity, by) : History.confirm(quantity, by)
  const mayFollow = answer!.status === 202 || (isAway && attempts.length > 1)
  return [reserve, mayFollow ? late(end) : end]
}

/** Workers are asked one after another, the home last; those before the one that refused held, and gave back. */
const refusedOrder = (
  context: Context,
  { lines }: OrderAsked,
  { productId, quantity }: Line,
): ReadonlyArray<History.Deed> => {
  const { operation, workers } = context
  const { answered: by, attempts, answer } = operation
  const invoked = attempts.at(-1)!
  if (answer!.productId === productId)
    return [deed(context, { by: "answer" }, [History.refuse(answer!.available!, by)], invoked)]
  const turn = (id: string): number => {
    const owner = ownerOf(id, workers)
    return owner === homeOf(lines, workers) ? workers : owner
  }
  if (turn(productId) >= turn(answer!.productId!)) return []
  // All workers were asked before: it was held only if what they said was true no longer when the refusing one's turn came.
  const steps = [History.reserve(quantity, by), History.release(quantity, by)].map(History.perhaps)
  return [deed(context, { by: "attempt" }, steps, invoked)]
}

const endOfOrder = (
  context: Context,
  { lines, orderId }: Extract<Asked, { readonly kind: "cancel" | "pay" }>,
  stepOf: (quantity: number, by: number) => History.Step,
): ReadonlyArray<History.Deed> => {
  const { operation, productId, workers } = context
  const line = lines.find((one) => one.productId === productId)
  if (line === undefined) return []
  const { answered, attempts, answer } = operation
  const step = stepOf(line.quantity, answered)
  const isAway = ownerOf(productId, workers) !== homeOf(lines, workers)
  const mayFollow = answer?.status === 202 || (isAway && attempts.length > 1)
  const steps = [answer === null ? perhaps(step) : mayFollow ? late(step) : step]
  return [deed(context, { by: "order", id: orderId }, steps)]
}

const stockDeeds = (context: Context, asked: Extract<Asked, { readonly productId: string }>) => {
  const { operation, productId } = context
  if (asked.productId !== productId) return []
  const { answered: by, answer, attempts } = operation
  if (answer?.code === "insufficient-stock")
    return [deed(context, { by: "answer" }, [History.refuse(answer.available!, by)], attempts.at(-1)!)]
  const stock = answer?.stock ?? null
  switch (asked.kind) {
    case "read":
      return stock === null ? [] : [deed(context, { by: "answer" }, [History.read(stock, by)], attempts.at(-1)!)]
    case "receive": {
      const step = History.receive(asked.quantity, by, stock)
      return [deed(context, { by: stock === null ? "kind" : "answer" }, [stock === null ? perhaps(step) : step])]
    }
    case "adjust": {
      const step = History.adjust(asked.delta, by, stock)
      return [deed(context, { by: "reason", reason: asked.reason }, [stock === null ? perhaps(step) : step])]
    }
  }
}

/** What this operation did to the product, as its answer claims. */
export const deedsOf = (operation: Operation, productId: string, workers: number): ReadonlyArray<History.Deed> => {
  const context = { operation, productId, workers }
  const { asked } = operation
  switch (asked.kind) {
    case "order":
      return orderDeeds(context, asked)
    case "cancel":
      return endOfOrder(context, asked, asked.status === "paid" ? History.restock : History.release)
    case "pay":
      return endOfOrder(context, asked, History.confirm)
    default:
      return stockDeeds(context, asked)
  }
}

const EXPECTED: Readonly<Record<Asked["kind"], ReadonlyArray<string>>> = {
  order: ["201", "202", "402 payment-declined", "409 insufficient-stock"],
  cancel: ["200"],
  pay: ["200", "202"],
  receive: ["200"],
  adjust: ["200", "409 insufficient-stock"],
  read: ["200"],
}

export const kindOf = ({ status, code }: Pick<Answered, "status" | "code">): string =>
  code === null ? String(status) : `${status} ${code}`

/** Answers that no operation of ours should get. */
export const unexpected = ({ name, asked, answer }: Operation): ReadonlyArray<string> =>
  answer === null || EXPECTED[asked.kind].includes(kindOf(answer)) ? [] : [`${name} was answered ${kindOf(answer)}`]
