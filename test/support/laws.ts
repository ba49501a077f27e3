/**
 * The laws, as pure checks over what the books hold: each gives the sentences that say where it is broken, none if it holds.
 *
 * `Books` is a snapshot of the memory store; any other store that can be read into the same shape may be checked too.
 * `STANDING` hold at every moment; `SETTLED` only once nothing is under way any more. What callers were answered is checked
 * against the books in `history-laws.ts`.
 */
import type { snapshot } from "../../src/adapters/memory/store.ts"
import type * as Hold from "../../src/domain/hold.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import type { Product } from "../../src/domain/product.ts"
import type { HoldRow, Movement } from "../../src/ports/ledger.ts"

export type Books = ReturnType<typeof snapshot>

/** `Of`: what it is asked about. */
export interface Law<Of extends ReadonlyArray<unknown> = readonly [books: Books]> {
  readonly name: string
  readonly broken: (...of: Of) => ReadonlyArray<string>
}

export const group = <K, A>(rows: ReadonlyArray<A>, key: (row: A) => K): Map<K, Array<A>> => {
  const groups = new Map<K, Array<A>>()
  for (const row of rows) {
    const of = groups.get(key(row))
    if (of === undefined) groups.set(key(row), [row])
    else of.push(row)
  }
  return groups
}

const sum = <A>(rows: ReadonlyArray<A>, of: (row: A) => number): number => rows.reduce((all, row) => all + of(row), 0)

const neverOversold = (books: Books): ReadonlyArray<string> =>
  [...books.movements, ...[...books.stocks].map(([productId, stock]) => ({ productId, ...stock }))].flatMap(
    ({ productId, version, onHand, reserved }) =>
      onHand >= reserved && reserved >= 0
        ? []
        : [`product ${productId} version ${version}: ${onHand} on hand, ${reserved} reserved`],
  )

/** Versions from 1 without a gap, each movement standing on the one before it, the last one being the stock. */
const movementsAddUp = (books: Books): ReadonlyArray<string> => {
  const found: Array<string> = []
  const byProduct = group(books.movements, ({ productId }) => productId)
  for (const { id } of books.products) {
    let now = { onHand: 0, reserved: 0, version: 0 }
    for (const move of byProduct.get(id) ?? []) {
      if (move.version !== now.version + 1) found.push(`product ${id}: version ${move.version} follows ${now.version}`)
      const onHand = now.onHand + move.onHandDelta
      const reserved = now.reserved + move.reservedDelta
      if (onHand !== move.onHand || reserved !== move.reserved)
        found.push(
          `product ${id} version ${move.version}: the sum is ${onHand}/${reserved}, written ${move.onHand}/${move.reserved}`,
        )
      now = { onHand: move.onHand, reserved: move.reserved, version: move.version }
    }
    const stock = books.stocks.get(id)
    if (stock?.version !== now.version || stock.onHand !== now.onHand || stock.reserved !== now.reserved)
      found.push(`product ${id}: stock ${JSON.stringify(stock)}, its movements end at ${JSON.stringify(now)}`)
  }
  return found
}

/** Every version of every product and order has exactly one fact, and there is no other fact. */
const oneFactPerChange = (books: Books): ReadonlyArray<string> => {
  const published = group(
    books.facts,
    ({ subjectKind, subject, subjectVersion }) => `${subjectKind} ${subject} v${subjectVersion}`,
  )
  const changed = [
    ...books.movements.map(({ productId, version }) => `stock ${productId} v${version}`),
    ...books.productVersions.map(({ product }) => `product ${product.id} v${product.version + 1}`),
    ...books.orders.flatMap(({ id, version }) => Array.from({ length: version }, (_, v) => `order ${id} v${v + 1}`)),
  ]
  const wrong = changed.flatMap((change) => {
    const times = published.get(change)?.length ?? 0
    return times === 1 ? [] : [`${change} has ${times} facts`]
  })
  const happened = new Set(changed)
  const invented = [...published.keys()]
    .filter((change) => !happened.has(change))
    .map((change) => `${change} never happened`)
  return [...wrong, ...invented]
}

/** In each lane 1, 2, 3 ... up to the lane's seq; each subject in its own lane and in version order. */
const factsInOrder = (books: Books): ReadonlyArray<string> => {
  const found: Array<string> = []
  const byLane = group(books.facts, ({ lane }) => lane)
  for (const { lane, seq } of books.lanes) {
    const facts = byLane.get(lane) ?? []
    if (facts.length !== seq) found.push(`lane ${lane} is at seq ${seq} and has ${facts.length} facts`)
    const versions = new Map<string, number>()
    for (const [index, fact] of facts.entries()) {
      if (fact.seq !== index + 1) found.push(`lane ${lane}: fact ${fact.seq} stands at place ${index + 1}`)
      if (Lane.of(fact.subject) !== lane) found.push(`${fact.subject} does not belong in lane ${lane}`)
      const of = `${fact.subjectKind} ${fact.subject}`
      // A product is version 1 when its stock is created, without a fact of its own.
      const before = versions.get(of) ?? (fact.subjectKind === "product" ? 1 : 0)
      if (fact.subjectVersion !== before + 1)
        found.push(`lane ${lane}: ${of} v${fact.subjectVersion} follows v${before}`)
      versions.set(of, fact.subjectVersion)
    }
  }
  const ids = new Set(books.facts.map(({ eventId }) => eventId))
  if (ids.size !== books.facts.length) found.push(`${books.facts.length} facts share ${ids.size} event ids`)
  return found
}

const LIVE: ReadonlyArray<Hold.State> = ["tentative", "held"]

const reservedIsHeld = (books: Books): ReadonlyArray<string> => {
  const holds = group(
    books.holds.filter(({ state }) => LIVE.includes(state)),
    ({ productId }) => productId,
  )
  return [...books.stocks].flatMap(([id, { reserved }]) => {
    const held = sum(holds.get(id) ?? [], ({ quantity }) => quantity)
    return held === reserved ? [] : [`product ${id}: ${reserved} reserved, ${held} held`]
  })
}

/** An order has a hold for each of its lines, and none else; only given-up tentative holds have no order. */
const allOrNothing = (books: Books): ReadonlyArray<string> => {
  const holds = group(books.holds, ({ orderId }) => orderId)
  const found = books.orders.flatMap(({ id, lines, customerId }) => {
    const rows = holds.get(id) ?? []
    const whole =
      rows.length === lines.length &&
      rows.every((row) => {
        const line = lines[row.lineNo]
        return row.customerId === customerId && line?.productId === row.productId && line.quantity === row.quantity
      })
    const open = rows.some(({ state }) => state === "tentative")
    return whole && !open
      ? []
      : [`order ${id} of ${lines.length} lines has ${JSON.stringify(rows.map(({ state }) => state))}`]
  })
  const orders = new Set(books.orders.map(({ id }) => id))
  const orphans = books.holds.flatMap(({ orderId, productId, state }) =>
    orders.has(orderId) || state === "tentative" || state === "released" || state === "expired"
      ? []
      : [`hold of ${productId} is ${state} for order ${orderId}, which does not exist`],
  )
  return [...found, ...orphans]
}

/** Each order was placed under exactly one key, and each key binds an order that exists. */
const oneOrderPerKey = (books: Books): ReadonlyArray<string> => {
  const orders = new Set(books.orders.map(({ id }) => id))
  const names = group(books.keys, ({ claim }) => `${claim.route} ${claim.key}`)
  const twice = [...names].filter(([, rows]) => rows.length > 1).map(([name]) => `key ${name} is bound twice`)
  const bound = books.keys.flatMap(({ claim, answer }) => (answer._tag === "Order" ? [{ claim, ...answer }] : []))
  const lost = bound
    .filter(({ orderId }) => !orders.has(orderId))
    .map(({ claim, orderId }) => `key ${claim.key} answers order ${orderId}, which does not exist`)
  const placing = group(
    bound.filter(({ claim }) => claim.route === "orders"),
    ({ orderId }) => orderId,
  )
  const keyless = books.orders.flatMap(({ id }) => {
    const keys = placing.get(id)?.length ?? 0
    return keys === 1 ? [] : [`order ${id} was placed under ${keys} keys`]
  })
  return [...twice, ...lost, ...keyless]
}

/** What a hold's state says must have happened to its units, in this order, and nothing else. */
const PASTS: { readonly [S in Hold.State]: string } = {
  tentative: "reserved",
  held: "reserved",
  confirmed: "reserved confirmed",
  released: "reserved released",
  expired: "reserved expired",
  returned: "reserved confirmed restocked",
}

const holdsEndOnce = (books: Books): ReadonlyArray<string> => {
  const moves = group(
    books.movements.filter(({ orderId }) => orderId !== null),
    ({ orderId, productId }) => `${orderId} ${productId}`,
  )
  const name = ({ orderId, productId }: HoldRow) => `${orderId} ${productId}`
  const wrong = books.holds.flatMap((hold) => {
    const past = moves.get(name(hold)) ?? []
    const types = past.map(({ type }) => type).join(" ")
    const units = past.every(
      (move) => Math.max(Math.abs(move.onHandDelta), Math.abs(move.reservedDelta)) === hold.quantity,
    )
    return types === PASTS[hold.state] && units
      ? []
      : [`hold ${name(hold)} of ${hold.quantity} is ${hold.state}, its units: ${types}${units ? "" : " (other units)"}`]
  })
  const holds = new Set(books.holds.map(name))
  return [
    ...wrong,
    ...[...moves.keys()].filter((key) => !holds.has(key)).map((key) => `units of no hold moved: ${key}`),
  ]
}

const COUNTED: ReadonlyArray<Hold.State> = ["tentative", "held", "confirmed"]

/** Of all its versions: a limit that was lowered takes nothing away. Null: it has none. */
const highestLimit = (books: Books, productId: ProductId): number | null =>
  editionsOf(books, productId).reduce<number | null>(
    (highest, { product: { purchaseLimit } }) =>
      purchaseLimit === null ? null : Math.max(purchaseLimit, highest ?? 0),
    null,
  )

const withinLimits = (books: Books): ReadonlyArray<string> => {
  const limits = new Map(books.products.map(({ id }) => [id, highestLimit(books, id)]))
  const limited = books.holds.filter((row) => limits.get(row.productId) != null && COUNTED.includes(row.state))
  const had = group(limited, ({ productId, customerId }) => `${productId} ${customerId}`)
  const counted = new Map(books.units.map((row) => [`${row.productId} ${row.customerId}`, row.units]))
  return [...new Set([...had.keys(), ...counted.keys()])].flatMap((cell) => {
    const units = sum(had.get(cell) ?? [], ({ quantity }) => quantity)
    const limit = limits.get(cell.split(" ")[0] as ProductId) ?? null
    if (limit !== null && units > limit) return [`${cell} has ${units} units, the limit is ${limit}`]
    return units === (counted.get(cell) ?? 0) ? [] : [`${cell} has ${units} units, counted are ${counted.get(cell)}`]
  })
}

/** A version of a product, and the version of its stock at which it ended. */
export interface Edition {
  readonly product: Product
  readonly until: number
}

/** Every version the product ever had, oldest first. */
export const editionsOf = (books: Books, productId: ProductId): ReadonlyArray<Edition> => [
  ...books.productVersions
    .filter(({ product }) => product.id === productId)
    .map(({ product, stockVersion }) => ({ product, until: stockVersion })),
  ...books.products
    .filter(({ id }) => id === productId)
    .map((product) => ({ product, until: Number.POSITIVE_INFINITY })),
]

/** Each sale, in the order of the stock's versions, by the version of the product that stood then. */
const soldAsItStood = (books: Books): ReadonlyArray<string> => {
  const holds = new Map(books.holds.map((row) => [`${row.orderId} ${row.productId}`, row]))
  const byProduct = group(books.movements, ({ productId }) => productId)
  return books.products.flatMap(({ id }) => {
    const editions = editionsOf(books, id)
    const had = new Map<string, number>()
    return (byProduct.get(id) ?? []).flatMap((move) => {
      const hold = move.orderId === null ? undefined : holds.get(`${move.orderId} ${id}`)
      if (hold === undefined || move.type === "confirmed") return []
      const units = (had.get(hold.customerId) ?? 0) + (move.type === "reserved" ? hold.quantity : -hold.quantity)
      had.set(hold.customerId, units)
      if (move.type !== "reserved") return []
      const { product } = editions.find(({ until }) => until >= move.version)!
      const sold = `order ${move.orderId} of ${id} at version ${move.version}, when it was version ${product.version}`
      const found: Array<string> = []
      if (hold.unitPrice !== product.price.amount) found.push(`${sold}: ${hold.unitPrice}, not ${product.price.amount}`)
      if (product.archived) found.push(`${sold}: archived`)
      if (product.purchaseLimit !== null && units > product.purchaseLimit)
        found.push(`${sold}: ${units} units of a limit of ${product.purchaseLimit}`)
      return found
    })
  })
}

/** Versions contiguous from 1, and the fact of each edit behind those of the stock that it ended at. */
const editsInTheirPlace = (books: Books): ReadonlyArray<string> => {
  const moved = new Map<string, number>()
  const at = new Map<string, number>()
  for (const { subject, subjectKind, subjectVersion } of books.facts) {
    if (subjectKind === "stock") moved.set(subject, subjectVersion)
    if (subjectKind === "product") at.set(`${subject} ${subjectVersion}`, moved.get(subject) ?? 0)
  }
  return books.products.flatMap(({ id }) =>
    editionsOf(books, id).flatMap(({ product: { version }, until }, index) => {
      const place = at.get(`${id} ${version + 1}`)
      if (version !== index + 1) return [`product ${id}: version ${version} is its ${index + 1}.`]
      return until === Number.POSITIVE_INFINITY || place === until
        ? []
        : [`product ${id}: version ${version} ended at ${until}, its fact stands behind ${place}`]
    }),
  )
}

/** No customer has more unpaid holds of a product than it may. */
export const unpaidHolds = (limit: number): Law => ({
  name: "I1 within unpaid holds",
  broken: (books) => {
    const unpaid = group(
      books.holds.filter(({ state }) => LIVE.includes(state)),
      ({ productId, customerId }) => `${productId} ${customerId}`,
    )
    return [...unpaid].flatMap(([cell, holds]) =>
      holds.length <= limit ? [] : [`${cell} has ${holds.length} unpaid holds, the limit is ${limit}`],
    )
  },
})

const ENDS: { readonly [status: string]: ReadonlyArray<Hold.State> } = {
  reserved: ["held"],
  paid: ["confirmed"],
  shipped: ["confirmed"],
  delivered: ["confirmed"],
  // Units of a line that was never confirmed are released, those that had left come back.
  cancelled: ["released", "returned"],
  expired: ["expired"],
  payment_failed: ["released"],
}

/** Every hold stands as its order says: paid is never stockless, and nothing stays reserved for an order that ended. */
const holdsFollowOrders = (books: Books): ReadonlyArray<string> => {
  const orders = new Map(books.orders.map((order) => [order.id, order]))
  return books.holds.flatMap(({ orderId, productId, state }) => {
    const order = orders.get(orderId)
    const fits = order === undefined ? state === "released" || state === "expired" : ENDS[order.status]!.includes(state)
    return fits ? [] : [`order ${orderId} is ${order?.status ?? "absent"}, its hold of ${productId} is ${state}`]
  })
}

const nothingPending = (books: Books): ReadonlyArray<string> =>
  books.orders.flatMap((order) => [
    ...(order.status === "reserved"
      ? [`order ${order.id} is still reserved, ${order.attempt?.token ?? "no charge"}`]
      : []),
    ...("refund" in order && order.refund === "due" ? [`order ${order.id} is still owed a refund`] : []),
  ])

/** At every moment. */
export const STANDING: ReadonlyArray<Law> = [
  { name: "I1 never oversold", broken: neverOversold },
  { name: "I1 within purchase limits", broken: withinLimits },
  { name: "I2 movements contiguous and adding up", broken: movementsAddUp },
  { name: "I3 one fact per change", broken: oneFactPerChange },
  { name: "I3 reserved is held", broken: reservedIsHeld },
  { name: "I3 all or nothing", broken: allOrNothing },
  { name: "I5 one order per key", broken: oneOrderPerKey },
  { name: "I7 facts in order", broken: factsInOrder },
  { name: "I11 holds end once", broken: holdsEndOnce },
  { name: "I15 sold by the version that stood", broken: soldAsItStood },
  { name: "I15 edits in their place", broken: editsInTheirPlace },
]

/** Once time has run out for everything that was pending. */
export const SETTLED: ReadonlyArray<Law> = [
  { name: "I11 holds follow their order", broken: holdsFollowOrders },
  { name: "everything comes to an end", broken: nothingPending },
]

/** What is broken, each with the name of its law. */
export const broken = <Of extends ReadonlyArray<unknown>>(
  laws: ReadonlyArray<Law<Of>>,
  ...of: Of
): ReadonlyArray<string> => laws.flatMap((law) => law.broken(...of).map((where) => `${law.name}: ${where}`))

/** The product's stock at each of its versions, oldest first. */
export const versionsOf = (books: Books, productId: ProductId): ReadonlyArray<Movement> =>
  books.movements.filter((move) => move.productId === productId)
