/**
 * The commands of orders, one transaction each: what is decided on is locked first, the domain decides, and stock moves
 * under the guard.
 */
import { Effect, Result } from "effect"
import * as Hold from "../../../domain/hold.ts"
import * as Money from "../../../domain/money.ts"
import * as Order from "../../../domain/order.ts"
import type { Claim, HeldLine, Reply, RequestedLine } from "../../../ports/inventory.ts"
import type { KeyRow } from "../../../ports/ledger.ts"
import { orderOf } from "../rows.ts"
import { endHoldsOf } from "./endings.ts"
import { type Move, type Moved, move, SHORT } from "./guard.ts"
import { record } from "./history.ts"
import * as Statements from "./statements.ts"
import { commit, type Rows, rollback, type Send, type Statement } from "./transaction.ts"
import {
  answered,
  BOUND,
  type Deps,
  type Judged,
  type Of,
  orRejection,
  refused,
  reserveRejection,
  type Verdict,
} from "./verdict.ts"

/** Sends `before` along with what is sent first; `first` are its rows, also if nothing else was sent. */
const along = (send: Send, before: ReadonlyArray<Statement>) => {
  let first: ReadonlyArray<Rows> | null = null
  const sendAlong: Send = (statements) =>
    first !== null
      ? send(statements)
      : Effect.map(send([...before, ...statements]), (rows) => {
          first = rows.slice(0, before.length)
          return rows.slice(before.length)
        })
  const asked = Effect.suspend(() => (first === null ? send(before) : Effect.succeed(first)))
  return { send: sendAlong, first: asked }
}

interface Reserved {
  readonly _tag: "Reserved"
  readonly moves: ReadonlyArray<Move & { readonly after: Moved }>
}

/** Reserves the lines under the guard; `before` travels with its first statements. */
const reserveAll = Effect.fnUntraced(function* (
  send: Send,
  { guard }: Deps,
  before: ReadonlyArray<Statement>,
  lines: ReadonlyArray<RequestedLine>,
  customerId: string,
) {
  if (lines.length === 0) return { first: yield* send(before), reserved: { _tag: "Reserved", moves: [] } as Reserved }
  const beginning = along(send, before)
  const moves = lines.map(({ productId, quantity }) => move(productId, { _tag: "Reserve", quantity }))
  const moving = yield* guard.move(beginning.send, moves)
  const first = yield* beginning.first
  if (moving._tag !== "Moved") return { first, reserved: moving }
  if (lines.some(({ productId }) => moving.after.get(productId)!.archived)) return { first, reserved: SHORT }
  const limited = lines.filter(({ productId }) => moving.after.get(productId)!.purchaseLimit !== null)
  if (limited.length > 0) {
    const [taken] = yield* send([Statements.takeUnits(limited, customerId)])
    if (taken!.length < limited.length) return { first, reserved: SHORT }
  }
  const reserved: Reserved = {
    _tag: "Reserved",
    moves: moves.map((each) => ({ ...each, after: moving.after.get(each.productId)! })),
  }
  return { first, reserved }
})

const priced = (line: RequestedLine, { moves }: Reserved): HeldLine => ({
  productId: line.productId,
  quantity: line.quantity,
  unitPrice: moves.find(({ productId }) => productId === line.productId)!.after.price,
})

const placeIn = Effect.fnUntraced(function* (
  send: Send,
  deps: Deps,
  command: Of<"PlaceOrder">,
  local: ReadonlyArray<RequestedLine>,
) {
  const { attemptsMax, claim, createdAt, customerId, expiresAt, held, lines, orderId, provider, token } = command
  const heldOf = new Map(held.map((line) => [line.productId, line]))
  const before = [
    Statements.bindIfFree({ claim, answer: { _tag: "Order", orderId, status: "reserved" } }),
    ...(held.length === 0 ? [] : [Statements.acceptHolds(orderId, [...heldOf.keys()])]),
  ]
  const { first, reserved } = yield* reserveAll(send, deps, before, local, customerId)
  if (first[0]!.length === 0) return rollback(BOUND)
  if (held.length > 0 && first[1]!.length < held.length)
    return rollback<Verdict>({ _tag: "NotNow", reason: "hold-lapsed" })
  if (reserved._tag !== "Reserved") return rollback(reserved)
  const agreed = lines.map((line) => heldOf.get(line.productId) ?? priced(line, reserved))
  const total = Money.total(agreed)
  if ("_tag" in total) return rollback(refused(total))
  const attempt = token === null ? null : { token, startedAt: createdAt, action: null }
  const terms = { id: orderId, customerId, lines: agreed, total, createdAt, expiresAt }
  const order = Order.place(terms, attempt, attemptsMax, provider)
  const holds = agreed.flatMap((line, lineNo) => (heldOf.has(line.productId) ? [] : [Hold.held(command, line, lineNo)]))
  const history = {
    at: deps.now(),
    orderId,
    stock: reserved.moves,
    order: { event: { _tag: "Placed" }, after: order },
  } as const
  return commit(
    [
      Statements.insertOrder(order),
      ...(holds.length === 0 ? [] : [Statements.insertHolds(holds)]),
      ...record(history, deps.nextId),
    ],
    answered({ _tag: "Order", order, elsewhere: [], ending: null }),
  )
})

export const place = (deps: Deps, command: Of<"PlaceOrder">): Judged => {
  const { customerId, held, lines } = command
  const local = lines.filter((line) => !held.some(({ productId }) => productId === line.productId))
  return orRejection(deps, (send) => placeIn(send, deps, command, local), reserveRejection(deps, local, customerId))
}

/** Found out by reserving them, and taken back. */
const checkIn = Effect.fnUntraced(function* (send: Send, deps: Deps, { claim, customerId, lines }: Of<"CheckLines">) {
  const { first, reserved } = yield* reserveAll(send, deps, [Statements.known(claim)], lines, customerId)
  if (first[0]!.length > 0) return rollback(BOUND)
  if (reserved._tag !== "Reserved") return rollback(reserved)
  return rollback(answered({ _tag: "Held", lines: lines.map((line) => priced(line, reserved)) }))
})

export const check = (deps: Deps, command: Of<"CheckLines">): Judged =>
  orRejection(deps, (send) => checkIn(send, deps, command), reserveRejection(deps, command.lines, command.customerId))

const holdIn = Effect.fnUntraced(function* (send: Send, deps: Deps, command: Of<"HoldTentatively">) {
  const { claim, customerId, lapsesAt, lines, orderId } = command
  const { first, reserved } = yield* reserveAll(send, deps, [Statements.known(claim)], lines, customerId)
  if (first[0]!.length > 0) return rollback(BOUND)
  if (reserved._tag !== "Reserved") return rollback(reserved)
  const held = lines.map((line) => priced(line, reserved))
  const rows = held.map((line, index) => Hold.tentative(command, line, lines[index]!.lineNo, lapsesAt))
  const history = { at: deps.now(), orderId, stock: reserved.moves, order: null }
  return commit(
    [Statements.insertHolds(rows), ...record(history, deps.nextId)],
    answered({ _tag: "Held", lines: held }),
  )
})

export const hold = (deps: Deps, command: Of<"HoldTentatively">): Judged =>
  orRejection(deps, (send) => holdIn(send, deps, command), reserveRejection(deps, command.lines, command.customerId))

type OrderCommand =
  | Of<"StartPayment">
  | Of<"RecordPayment">
  | Of<"CancelOrder">
  | Of<"ExpireOrder">
  | Of<"RecordRefund">
  | Of<"RecordShipment">
  | Of<"RecordDelivery">

const domainCommand = (command: OrderCommand, at: number): Order.Command => {
  switch (command._tag) {
    case "StartPayment":
      return { ...command, at }
    case "RecordPayment":
      return command.record
    case "CancelOrder":
      return { _tag: "Cancel", reason: command.reason }
    case "ExpireOrder":
      return { _tag: "Expire", at, voided: command.voided }
    case "RecordRefund":
    case "RecordShipment":
    case "RecordDelivery":
      return { _tag: command._tag }
  }
}

/** The key that this command binds. */
const claimOf = (command: OrderCommand): Claim | null =>
  command._tag === "StartPayment" || command._tag === "CancelOrder" ? command.claim : null

const bindTo = (claim: Claim | null, { id, status }: Order.Order): ReadonlyArray<Statement> => {
  if (claim === null) return []
  const key: KeyRow = { claim, answer: { _tag: "Order", orderId: id, status } }
  return [Statements.bind(key)]
}

const settleOf = (command: OrderCommand, order: Order.Order): ReadonlyArray<Statement> =>
  command._tag === "RecordPayment" && command.claim !== null ? [Statements.settleKey(order, command.claim)] : []

const changeIn = Effect.fnUntraced(function* (send: Send, deps: Deps, command: OrderCommand) {
  const { orderId } = command
  const claim = claimOf(command)
  const asked = claim === null ? [] : [Statements.known(claim)]
  const rows = yield* send([Statements.lockOrder(orderId), Statements.lockHolds(orderId), ...asked])
  if (claim !== null && rows[2]!.length > 0) return rollback(BOUND)
  const found = Statements.orderIn(rows[0]!)
  if (found === undefined) return rollback(refused({ _tag: "OrderNotFound", orderId }))
  const before = orderOf(found)
  const at = deps.now()
  const decided = Order.decide(domainCommand(command, at), before)
  if (Result.isFailure(decided)) return rollback(refused(decided.failure))
  const event = decided.success
  if (event === null) {
    const same = answered(replyOf(before))
    return claim === null ? rollback(same) : commit(bindTo(claim, before), same)
  }
  const after = Order.evolve(before, event)
  const ending = Order.ending(before, event)
  const ended = ending === null ? null : yield* endHoldsOf(send, deps, orderId, Statements.holdsIn(rows[1]!), ending)
  if (ended?._tag === "Overtaken") return rollback(ended)
  const history = { at, orderId, stock: ended?.stock ?? [], order: { event, after } }
  return commit(
    [
      Statements.updateOrder(after),
      ...(ended?.last ?? []),
      ...bindTo(claim, after),
      ...settleOf(command, after),
      ...record(history, deps.nextId),
    ],
    answered(replyOf(after)),
  )
})

export const change = (deps: Deps, command: OrderCommand): Judged =>
  deps.transact((send) => changeIn(send, deps, command))

const replyOf = (order: Order.Order): Reply => ({ _tag: "Order", order, elsewhere: [], ending: null })
