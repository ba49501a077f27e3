/**
 * The laws of what callers were answered, as pure checks of a history of calls against the books.
 *
 * A call knows the product versions that were durable when it began and when it was answered: whatever it was answered must
 * have been so at one of them.
 */
import { Cause, Exit } from "effect"
import type { Sale, StockOf } from "../../src/app/shop.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import type { Order } from "../../src/domain/order.ts"
import type { Product } from "../../src/domain/product.ts"
import type { Unavailable } from "../../src/ports/failures.ts"
import type { Claim, Refused, Rejection, RequestedLine } from "../../src/ports/inventory.ts"
import { type Books, broken, editionsOf, group, type Law, versionsOf } from "./laws.ts"

export type Versions = ReadonlyMap<ProductId, number>

export type Answer =
  | { readonly kind: "product"; readonly product: Product }
  | { readonly kind: "edited"; readonly product: Product }
  | { readonly kind: "stock"; readonly stock: StockOf }
  | { readonly kind: "read"; readonly stock: StockOf }
  | { readonly kind: "sale"; readonly sale: Sale }
  | { readonly kind: "order"; readonly order: Order }

export interface Call {
  readonly name: string
  readonly claim: Claim | null
  readonly customer: string
  /** Units of each product this call would take. */
  readonly wants: ReadonlyArray<RequestedLine>
  /** Units this call adds to what is on hand, if it is accepted. */
  readonly adds: RequestedLine | null
  /** Versions of a product that this call would edit; null: any, or it edits nothing. */
  readonly edits: ReadonlyArray<number> | null
  readonly began: Versions
  /** Of products, as `began` and `ended` are of their stock. */
  readonly beganEditions: Versions
  readonly endedEditions: Versions | null
  /** Of the instant it was answered; null: never. */
  readonly ended: Versions | null
  readonly exit: Exit.Exit<{ readonly answer: Answer; readonly replayed: boolean }, Refused | Unavailable> | null
  /** What was answered and not in the books at that instant. */
  readonly undurable: ReadonlyArray<string>
}

export type HistoryLaw = Law<readonly [calls: ReadonlyArray<Call>, books: Books]>

type Success = Extract<NonNullable<Call["exit"]>, { readonly _tag: "Success" }>["value"]

const successOf = ({ exit }: Call): Success | null => (exit !== null && Exit.isSuccess(exit) ? exit.value : null)

const failureOf = ({ exit }: Call): Refused | Unavailable | null => {
  if (exit === null || Exit.isSuccess(exit)) return null
  const reason = exit.cause.reasons.find(Cause.isFailReason)
  return reason === undefined ? null : reason.error
}

const rejectionOf = (call: Call): Rejection | null => {
  const failure = failureOf(call)
  return failure?._tag === "Refused" ? failure.rejection : null
}

/** It may have been carried out, as far as its caller can tell. */
const isOpen = (call: Call): boolean => {
  const failure = failureOf(call)
  return call.exit === null || (failure?._tag === "Unavailable" && failure.fate === "unknown")
}

const everyoneAnswered = (calls: ReadonlyArray<Call>): ReadonlyArray<string> =>
  calls.flatMap((call) => {
    if (call.exit === null) return [`${call.name} was never answered`]
    if (Exit.isSuccess(call.exit) || failureOf(call) !== null) return []
    return [`${call.name} died: ${Cause.pretty(call.exit.cause)}`]
  })

/** What is not in these books, of what is about to be answered. To be asked in the instant of the answer. */
export const undurable = (
  books: Pick<Books, "movements" | "keys"> & {
    readonly orders: ReadonlyMap<string, Order>
    /** Versions by id. */
    readonly products: ReadonlyMap<string, number>
  },
  { answer, replayed }: Success,
  claim: Claim | null,
): ReadonlyArray<string> => {
  const found: Array<string> = []
  const stock = answer.kind === "stock" || answer.kind === "read" ? answer.stock : null
  if (stock !== null) {
    const { version, onHand, reserved } = stock.stock
    const move = books.movements.find((each) => each.productId === stock.productId && each.version === version)
    if (move?.onHand !== onHand || move.reserved !== reserved) found.push(`stock ${JSON.stringify(stock)}`)
  }
  if (answer.kind === "product" && !books.products.get(answer.product.id)) found.push(`product ${answer.product.id}`)
  if (answer.kind === "edited" && (books.products.get(answer.product.id) ?? 0) < answer.product.version)
    found.push(`product ${answer.product.id} version ${answer.product.version}`)
  const bound = books.keys.find((row) => row.claim.key === claim?.key && row.claim.route === claim.route)
  const order = answer.kind === "sale" ? answer.sale.order : answer.kind === "order" ? answer.order : null
  if (order !== null) {
    const kept = books.orders.get(order.id)
    // A stored answer has the status it was bound with.
    const isStored = bound?.answer._tag === "Order" && bound.answer.status === order.status
    if (kept === undefined) found.push(`order ${order.id}`)
    // A replayed order has the status it was answered with; its version says nothing.
    else if (!replayed && kept.version < order.version) found.push(`order ${order.id} version ${order.version}`)
    else if (
      !(replayed || isStored || order.status === "reserved") &&
      kept.version === order.version &&
      kept.status !== order.status
    )
      found.push(`order ${order.id} as ${order.status}`)
  }
  if (claim !== null && bound === undefined) found.push(`key ${claim.route} ${claim.key}`)
  return found
}

const answeredWhenDurable = (calls: ReadonlyArray<Call>): ReadonlyArray<string> =>
  calls.flatMap((call) => call.undurable.map((what) => `${call.name} was answered what was not durable: ${what}`))

const readsAreFresh = (calls: ReadonlyArray<Call>): ReadonlyArray<string> =>
  calls.flatMap((call) => {
    const answer = successOf(call)?.answer
    if (answer?.kind !== "read") return []
    const { productId, stock } = answer.stock
    const from = call.began.get(productId) ?? 0
    return stock.version >= from ? [] : [`${call.name} read version ${stock.version}, ${from} was durable before`]
  })

/** What a caller may compare: an order's terms and the answer's outcome. */
const essence = (answer: Answer): string => {
  if (answer.kind === "sale" || answer.kind === "order") {
    const { id, lines, total, customerId, createdAt, expiresAt, status } =
      answer.kind === "sale" ? answer.sale.order : answer.order
    const outcome = answer.kind === "sale" ? answer.sale.outcome : status
    return JSON.stringify({ id, lines, total, customerId, createdAt, expiresAt, outcome })
  }
  return JSON.stringify(answer)
}

const replaysAreEqual = (calls: ReadonlyArray<Call>, books: Books): ReadonlyArray<string> => {
  const bound = new Map(books.keys.map(({ claim }) => [`${claim.route} ${claim.key}`, claim.fingerprint]))
  const claimed = calls.filter(({ claim }) => claim !== null)
  const byKey = group(claimed, ({ claim }) => `${claim!.route} ${claim!.key}`)
  return [...byKey].flatMap(([key, of]) => {
    const found: Array<string> = []
    const accepted = of.flatMap((call) => {
      const success = successOf(call)
      return success === null ? [] : [{ call, success }]
    })
    const answers = new Set(accepted.map(({ success }) => essence(success.answer)))
    if (answers.size > 1) found.push(`key ${key} got ${answers.size} answers: ${[...answers].join(" | ")}`)
    const first = accepted.filter(({ success }) => !success.replayed)
    if (first.length > 1) found.push(`key ${key} was accepted ${first.length} times`)
    for (const { call } of accepted)
      if (call.claim!.fingerprint !== bound.get(key)) found.push(`${call.name}: key ${key} is bound to another request`)
    for (const call of of)
      if (
        rejectionOf(call)?._tag === "KeyReused" &&
        (bound.get(key) ?? call.claim!.fingerprint) === call.claim!.fingerprint
      )
        found.push(`${call.name} was answered that its own key ${key} is another's`)
    return found
  })
}

/** Of the callers of a key one was the first: who hears a replay repeats what another was answered, or may have had done. */
const replaysRepeat = (calls: ReadonlyArray<Call>): ReadonlyArray<string> => {
  const claimed = calls.filter(({ claim }) => claim !== null)
  const byKey = group(claimed, ({ claim }) => `${claim!.route} ${claim!.key}`)
  return [...byKey].flatMap(([key, of]) => {
    const replays = of.filter((call) => successOf(call)?.replayed === true)
    if (replays.length === 0 || of.some((call) => isOpen(call) || successOf(call)?.replayed === false)) return []
    return [`${replays[0]!.name} was answered with a replay, and was the first of key ${key}`]
  })
}

/** Versions of the product that the call can have seen. */
const seen = (call: Call, books: Books, productId: ProductId) => {
  const from = call.began.get(productId) ?? 0
  const to = call.ended?.get(productId) ?? Number.POSITIVE_INFINITY
  return versionsOf(books, productId).filter(({ version }) => version >= from && version <= to)
}

const wanted = (call: Call, productId: ProductId): number =>
  call.wants.filter((line) => line.productId === productId).reduce((units, line) => units + line.quantity, 0)

/** What the customer has of the product after each of its versions: units that are counted, and holds that are not paid. */
const hadAt = (books: Books, productId: ProductId, customer: string) => {
  const holds = new Map(books.holds.filter((row) => row.productId === productId).map((row) => [row.orderId, row]))
  let units = 0
  let unpaid = 0
  return new Map(
    versionsOf(books, productId).map((move) => {
      const hold = move.orderId === null ? undefined : holds.get(move.orderId)
      if (hold?.customerId === customer) {
        if (move.type === "reserved") units += hold.quantity
        else if (move.type !== "confirmed") units -= hold.quantity
        if (move.type === "reserved") unpaid++
        else if (move.type !== "restocked") unpaid--
      }
      return [move.version, { units, unpaid }]
    }),
  )
}

/** Versions of the product itself that the call can have seen. */
const editionsSeen = (call: Call, books: Books, productId: ProductId) => {
  const from = call.beganEditions.get(productId) ?? 0
  const to = call.endedEditions?.get(productId) ?? Number.POSITIVE_INFINITY
  return editionsOf(books, productId).filter(({ product: { version } }) => version >= from && version <= to)
}

/** It was ordered by then, or its stock moved while the owner looked. */
const mayBeSold = (call: Call, books: Books, productId: ProductId): boolean => {
  const from = call.began.get(productId) ?? 0
  const to = call.ended?.get(productId) ?? Number.POSITIVE_INFINITY
  return versionsOf(books, productId).some(
    ({ type, version }) => version <= to && (type === "reserved" || version > from),
  )
}

const legal = (call: Call, rejection: Rejection, books: Books): boolean => {
  switch (rejection._tag) {
    case "InsufficientStock":
      return seen(call, books, rejection.productId).some(
        ({ onHand, reserved }) =>
          onHand - reserved === rejection.available && wanted(call, rejection.productId) > rejection.available,
      )
    case "PurchaseLimitExceeded": {
      const had = hadAt(books, rejection.productId, call.customer)
      return seen(call, books, rejection.productId).some(
        ({ version }) =>
          Math.max(0, rejection.limit - had.get(version)!.units) === rejection.remaining &&
          wanted(call, rejection.productId) > rejection.remaining,
      )
    }
    case "TooManyUnpaidHolds": {
      const had = hadAt(books, rejection.productId, call.customer)
      return seen(call, books, rejection.productId).some(({ version }) => had.get(version)!.unpaid >= rejection.limit)
    }
    case "NotCancellable":
    case "NotPayable": {
      const order = books.orders.find(({ id }) => id === rejection.orderId)
      // Both learn of ends only, and an order that has ended another way stays so; what was paid may be cancelled later,
      // and what was shipped delivered.
      return (
        order !== undefined &&
        (order.status === rejection.status ||
          rejection.status === "expired" ||
          (rejection.status === "shipped" && order.status === "delivered"))
      )
    }
    case "PaymentInProgress":
      return books.facts.some(
        (fact) =>
          fact.subject === rejection.orderId && (fact.type.includes("payment-started") || fact.subjectVersion === 1),
      )
    case "ProductChanged":
      return (
        !call.edits?.includes(rejection.version) &&
        editionsSeen(call, books, rejection.productId).some(({ product }) => product.version === rejection.version)
      )
    case "ProductArchived":
      return editionsSeen(call, books, rejection.productId).some(({ product }) => product.archived)
    case "PurchaseLimitFixed":
      return mayBeSold(call, books, rejection.productId)
    case "SkuTaken":
      return books.products.some(({ sku }) => sku === rejection.sku)
    case "ProductNotFound":
      return !books.products.some(({ id }) => id === rejection.productId)
    case "OrderNotFound":
      return !books.orders.some(({ id }) => id === rejection.orderId)
    default:
      return rejection._tag === "KeyReused"
  }
}

const refusalsAreLegal = (calls: ReadonlyArray<Call>, books: Books): ReadonlyArray<string> =>
  calls.flatMap((call) => {
    const rejection = rejectionOf(call)
    if (rejection === null || legal(call, rejection, books)) return []
    return [`${call.name} was refused by a state that never was: ${JSON.stringify(rejection)}`]
  })

/** As the reason of a movement names a row of an import: it has no caller, and laws of its own. */
const IMPORTED = "import "

/** Goods came and went as often as a caller was answered so; an unknown outcome counts for either. */
const acceptedOnce = (calls: ReadonlyArray<Call>, books: Books): ReadonlyArray<string> =>
  books.products.flatMap(({ id }) => {
    const own = versionsOf(books, id).filter(({ reason }) => !reason?.startsWith(IMPORTED))
    const moves = own.filter(({ type }) => type === "received" || type === "adjusted").length
    const mine = calls.filter(({ adds }) => adds?.productId === id)
    const keyed = new Set<string>()
    let accepted = 0
    for (const call of mine) {
      if (successOf(call) === null) continue
      if (call.claim === null || keyed.size !== keyed.add(`${call.claim.route} ${call.claim.key}`).size) accepted++
    }
    const open = mine.filter(isOpen).length
    return accepted <= moves && moves <= accepted + open
      ? []
      : [`product ${id} was received or adjusted ${moves} times, ${accepted} were accepted and ${open} left open`]
  })

const ordersAreTold = (calls: ReadonlyArray<Call>, books: Books): ReadonlyArray<string> => {
  const asked = new Map(
    calls.flatMap((call) => (call.claim?.route === "orders" ? [[call.claim.key, call] as const] : [])),
  )
  const refused = group(
    calls.filter(({ claim }) => claim?.route === "orders"),
    ({ claim }) => claim!.key,
  )
  return books.keys.flatMap(({ claim }) => {
    if (claim.route !== "orders") return []
    if (!asked.has(claim.key)) return [`key ${claim.key} is bound, and was never sent`]
    const open = refused.get(claim.key)!.some((call) => successOf(call) !== null || isOpen(call))
    return open ? [] : [`nothing was decided for anyone with key ${claim.key}, and yet it is bound`]
  })
}

/** Once an order is in the books, asking for it again under its key answers with it, whatever the shelves hold by then. */
const boundIsAnswered = (calls: ReadonlyArray<Call>, books: Books): ReadonlyArray<string> => {
  const placing = group(
    calls.filter(({ claim }) => claim?.route === "orders"),
    ({ claim }) => claim!.key,
  )
  return books.keys.flatMap(({ answer, claim }) => {
    if (claim.route !== "orders" || answer._tag !== "Order") return []
    const taken = books.movements.find(({ orderId, type }) => orderId === answer.orderId && type === "reserved")
    if (taken === undefined) return []
    return (placing.get(claim.key) ?? []).flatMap((call) => {
      const rejection = rejectionOf(call)
      const later = (call.began.get(taken.productId) ?? 0) >= taken.version
      if (rejection === null || !later || call.claim!.fingerprint !== claim.fingerprint) return []
      return [`${call.name} was refused with ${rejection._tag}, its key ${claim.key} had been bound before`]
    })
  })
}

/** An edit is of a version that it names, and what it was answered is a version that there was: its own, or one it found so already. */
const editsOfWhatTheyName = (calls: ReadonlyArray<Call>, books: Books): ReadonlyArray<string> =>
  calls.flatMap((call) => {
    const answer = successOf(call)?.answer
    if (answer?.kind !== "edited") return []
    const { id, version } = answer.product
    const edition = editionsOf(books, id).find(({ product }) => product.version === version)
    if (JSON.stringify(edition?.product) !== JSON.stringify(answer.product))
      return [
        `${call.name} was answered ${JSON.stringify(answer.product)}, there was ${JSON.stringify(edition?.product)}`,
      ]
    if (version < (call.beganEditions.get(id) ?? 0))
      return [`${call.name} was answered version ${version}, ${call.beganEditions.get(id)} was durable before`]
    const { edits } = call
    return edits === null || edits.includes(version - 1) || edits.includes(version)
      ? []
      : [`${call.name} names ${edits.join(", ")} and made version ${version}`]
  })

/** No two callers made one version: what one of them set would be lost. */
const oneEditAVersion = (calls: ReadonlyArray<Call>): ReadonlyArray<string> => {
  const made = group(
    calls.flatMap((call) => {
      const answer = successOf(call)?.answer
      const isMade = answer?.kind === "edited" && call.edits !== null && !call.edits.includes(answer.product.version)
      return isMade ? [`${answer.product.id} version ${answer.product.version}`] : []
    }),
    (name) => name,
  )
  return [...made].flatMap(([name, all]) => (all.length === 1 ? [] : [`${all.length} callers made ${name}`]))
}

export const HISTORY: ReadonlyArray<HistoryLaw> = [
  { name: "everyone is answered", broken: everyoneAnswered },
  { name: "I3 accepted once", broken: acceptedOnce },
  { name: "I3 refused is not placed", broken: ordersAreTold },
  { name: "I4 answered when durable", broken: answeredWhenDurable },
  { name: "I2 reads are fresh", broken: readsAreFresh },
  { name: "I4 refusals are legal", broken: refusalsAreLegal },
  { name: "I15 an edit is of the version it names", broken: editsOfWhatTheyName },
  { name: "I15 one edit a version", broken: oneEditAVersion },
  { name: "I5 replays are equal", broken: replaysAreEqual },
  { name: "I5 a replay repeats", broken: replaysRepeat },
  { name: "I5 a bound key is answered", broken: boundIsAnswered },
]

export const brokenHistory = (calls: ReadonlyArray<Call>, books: Books): ReadonlyArray<string> =>
  broken(HISTORY, calls, books)
