/**
 * What the inventory knows of each command, beside how it is decided (`turn.ts`): one row a command.
 *
 * Why it exists: as a table that the compiler holds to be complete. A new command without a row does not compile, nor does
 * one that comes with a claim and does not say what becomes of it: it would be carried out twice when it is repeated (I5).
 */
import type { CustomerId, OrderId, ProductId } from "../../domain/ids.ts"
import * as Lane from "../../domain/lane.ts"
import { type Claim, type Command, claimName, type RequestedLine } from "../../ports/inventory.ts"
import type { Deadline } from "./deadlines.ts"

type Tagged = { readonly _tag: string }
export type Of<Tag extends Command["_tag"]> = Extract<Command, { readonly _tag: Tag }>

/**
 * What becomes of the claim that a command comes with.
 *
 * - `binds`: its commit binds the key, and only commits of this owner do.
 * - `binds-anywhere`: its commit binds the key; the same request may have been accepted by another owner.
 * - `asks`: another command binds it; here a refusal only asks whether it was.
 * - `settles`: it was bound by an earlier command, whose stored answer becomes the outcome of this one.
 */
type ClaimUse = "binds" | "binds-anywhere" | "asks" | "settles"

/** Says of each thing that a command needs whether memory lacks it; what is lacking is loaded. See `misses.ts`. */
export interface Lookup {
  readonly product: (id: ProductId) => boolean
  /** The product with all that an edit of it is decided on. */
  readonly details: (id: ProductId) => boolean
  readonly lines: (lines: ReadonlyArray<RequestedLine>, customerId: CustomerId) => boolean
  readonly order: (id: OrderId) => boolean
  readonly holds: (id: OrderId) => boolean
}

export interface Row<C> {
  /** Where it is decided. */
  readonly lane: (command: C) => Lane.Lane
  /** What it counts for at admission: whatever it changes is decided one command after another. */
  readonly addresses: (command: C) => ReadonlyArray<ProductId | OrderId>
  readonly claim: C extends { readonly claim: Claim | null } ? ClaimUse : "none"
  /**
   * What it is answered by: a commit, which a stale owner cannot make; or what memory says, which is believed only while
   * the lease is fresh. A refusal always reads memory.
   */
  readonly answeredBy: "commit" | "memory"
  /** What time is to end, once it is durable. */
  readonly deadline: (command: C) => Deadline | null
  /** True if memory lacks something that its turn needs. */
  readonly misses: (command: C, lookup: Lookup) => boolean
}

export type Table<C extends Tagged> = { readonly [Tag in C["_tag"]]: Row<Extract<C, { readonly _tag: Tag }>> }

const never = (): null => null

type OfProduct = { readonly productId: ProductId }
const product = {
  lane: ({ productId }: OfProduct) => Lane.of(productId),
  addresses: ({ productId }: OfProduct) => [productId],
  answeredBy: "commit" as const,
  deadline: never,
  misses: ({ productId }: OfProduct, lookup: Lookup) => lookup.product(productId),
}

type OfOrder = { readonly orderId: OrderId }
const order = {
  lane: ({ orderId }: OfOrder) => Lane.of(orderId),
  addresses: ({ orderId }: OfOrder) => [orderId],
  answeredBy: "commit" as const,
  deadline: never,
  misses: ({ orderId }: OfOrder, lookup: Lookup) => lookup.order(orderId),
}

type OfLines = { readonly lines: ReadonlyArray<RequestedLine>; readonly customerId: CustomerId }
const lines = {
  answeredBy: "commit" as const,
  addresses: (command: OfLines) => command.lines.map(({ productId }) => productId),
  misses: (command: OfLines, lookup: Lookup) => lookup.lines(command.lines, command.customerId),
}

export const COMMANDS: Table<Command> = {
  CreateProduct: {
    lane: ({ product }) => Lane.of(product.id),
    addresses: ({ product }) => [product.id],
    // Its id is new each time it is asked for, and with it the owner.
    claim: "binds-anywhere",
    answeredBy: "commit",
    deadline: never,
    misses: () => false,
  },
  EditProduct: {
    ...product,
    claim: "none",
    misses: ({ productId }, lookup) => {
      const lacksProduct = lookup.product(productId)
      return lookup.details(productId) || lacksProduct
    },
  },
  Receive: { ...product, claim: "binds" },
  Adjust: { ...product, claim: "binds" },
  ReadStock: { ...product, claim: "none", answeredBy: "memory" },
  PlaceOrder: {
    ...lines,
    lane: order.lane,
    claim: "binds",
    // With a charge under way it ends through its payment.
    deadline: ({ expiresAt, orderId, token }) => (token === null ? { kind: "expiry", orderId, at: expiresAt } : null),
  },
  CheckLines: {
    ...lines,
    lane: (command) => Lane.of(command.lines[0]!.productId),
    claim: "asks",
    deadline: never,
  },
  HoldTentatively: {
    ...lines,
    lane: (command) => Lane.of(command.lines[0]!.productId),
    claim: "asks",
    deadline: ({ lapsesAt, orderId }) => ({ kind: "lapse", orderId, at: lapsesAt }),
  },
  EndHolds: {
    ...order,
    lane: ({ lane }) => lane,
    claim: "none",
    misses: ({ orderId }, lookup) => lookup.holds(orderId),
  },
  StartPayment: { ...order, claim: "binds" },
  RecordPayment: {
    ...order,
    claim: "settles",
    // The hold lives on when another attempt may follow.
    deadline: ({ expiresAt, orderId, record }) =>
      record._tag === "RecordDecline" ? { kind: "expiry", orderId, at: expiresAt } : null,
  },
  CancelOrder: { ...order, claim: "binds" },
  ExpireOrder: { ...order, claim: "none" },
  RecordRefund: { ...order, claim: "none" },
  // Their callers act on the status in the answer, which is read from memory when there is nothing to record. That
  // one of them was recorded after all costs nothing: it is asked again.
  RecordShipment: { ...order, claim: "none", answeredBy: "memory" },
  RecordDelivery: { ...order, claim: "none", answeredBy: "memory" },
}

/** The compiler cannot follow that a command meets the row of its own tag. */
const rowOf = (command: Command): Row<Command> => COMMANDS[command._tag] as unknown as Row<Command>

export const laneOf = (command: Command): Lane.Lane => rowOf(command).lane(command)

export const addressesOf = (command: Command): ReadonlyArray<ProductId | OrderId> => rowOf(command).addresses(command)

export const deadlineOf = (command: Command): Deadline | null => rowOf(command).deadline(command)

export const misses = (command: Command, lookup: Lookup): boolean => rowOf(command).misses(command, lookup)

export const answersFromMemory = (command: Command): boolean => COMMANDS[command._tag].answeredBy === "memory"

export const claimUseOf = (command: Command): ClaimUse | "none" => COMMANDS[command._tag].claim

/** The claim whose key answers for this command, if it is bound: it is bound by its commit, or asked for. */
export const claimOf = (command: Command): Claim | null =>
  "claim" in command && claimUseOf(command) !== "settles" ? command.claim : null

export const claimNameOf = (command: Command): string | null => {
  const claim = claimOf(command)
  return claim === null ? null : claimName(claim)
}
