/**
 * What callers did to one product, as their answers claim it: the common language of both checkers.
 *
 * An operation is an HTTP request with all its repetitions under one key. A *deed* is what it did to one product: steps,
 * one after another, each of which took place at one instant between its call and its answer. A paid order is two steps
 * (reserved, then confirmed); a refusal is one step that saw a state and changed nothing. Open deeds (no answer came, or
 * 503) may have happened at any later time, wholly, in part or not at all.
 */

export interface State {
  readonly onHand: number
  readonly reserved: number
}

export type Kind = "reserve" | "confirm" | "release" | "restock" | "receive" | "adjust" | "read" | "refuse"

export interface Step {
  readonly kind: Kind
  /** Change of the state, in units, signed; both 0 for what only looks. */
  readonly onHand: number
  readonly reserved: number
  /** The state after this step, with its version, where the answer shows it. */
  readonly shown: (State & { readonly version: number }) | null
  /** Units available in the state that a refusal saw. */
  readonly available: number | null
  /** It had taken place by then (milliseconds); Infinity: at any time. */
  readonly by: number
  /** It did take place, or will; `false`: perhaps. Of the steps after one that did not, none did. */
  readonly must: boolean
}

/** How the product's ledger says whose movement it is. The checker by versions uses it, the one by search does not. */
export type Mark =
  /** Movements carry the order's id; of an order without an answer, the list of orders knows the id. */
  | { readonly by: "order"; readonly id: string }
  | { readonly by: "customer"; readonly customer: string }
  /** A hold for an order that was never placed. */
  | { readonly by: "attempt" }
  /** Its reason is like no other. */
  | { readonly by: "reason"; readonly reason: string }
  /** The answer shows the version, or that there is none. */
  | { readonly by: "answer" }
  /** Nothing but what it does. */
  | { readonly by: "kind" }

export interface Deed {
  /** Says which operation it was, for the reader of a violation. */
  readonly name: string
  readonly mark: Mark
  /** Milliseconds, by the clock of the one process that all callers are in. */
  readonly invoked: number
  readonly steps: ReadonlyArray<Step>
}

/** One line of the product's ledger, as the API shows it. */
export interface Movement extends State {
  readonly version: number
  readonly type: string
  readonly onHandDelta: number
  readonly reservedDelta: number
  readonly orderId: string | null
  readonly reason: string | null
}

export interface History {
  readonly product: string
  /** State at version 1. */
  readonly start: State
  readonly deeds: ReadonlyArray<Deed>
  /** All of them, oldest first. */
  readonly movements: ReadonlyArray<Movement>
  /** Ids of the orders that exist, by customer; each customer orders once. */
  readonly orders: ReadonlyMap<string, string>
}

export const available = ({ onHand, reserved }: State): number => onHand - reserved

/** I1, and nothing else, decides whether a step may follow a state. */
export const isPossible = ({ onHand, reserved }: State): boolean => reserved >= 0 && onHand >= reserved

export const after = (state: State, { onHand, reserved }: Pick<Step, "onHand" | "reserved">): State => ({
  onHand: state.onHand + onHand,
  reserved: state.reserved + reserved,
})

export const looksOnly = ({ kind }: Step): boolean => kind === "read" || kind === "refuse"

/** Whether the step may be taken in this state and show what it showed. */
export const fits = (step: Step, before: State): boolean => {
  const state = after(before, step)
  if (!isPossible(state)) return false
  if (step.available !== null && available(state) !== step.available) return false
  return step.shown === null || (step.shown.onHand === state.onHand && step.shown.reserved === state.reserved)
}

const step = (kind: Kind, onHand: number, reserved: number, by: number): Step => ({
  kind,
  onHand,
  reserved,
  shown: null,
  available: null,
  by,
  must: true,
})

type Shown = State & { readonly version: number }

/** `by`: when the answer came. */
export const reserve = (quantity: number, by: number): Step => step("reserve", 0, quantity, by)
export const confirm = (quantity: number, by: number): Step => step("confirm", -quantity, -quantity, by)
export const release = (quantity: number, by: number): Step => step("release", 0, -quantity, by)
export const restock = (quantity: number, by: number): Step => step("restock", quantity, 0, by)
export const receive = (quantity: number, by: number, shown: Shown | null): Step => ({
  ...step("receive", quantity, 0, by),
  shown,
})
export const adjust = (delta: number, by: number, shown: Shown | null): Step => ({
  ...step("adjust", delta, 0, by),
  shown,
})
export const read = (shown: Shown, by: number): Step => ({ ...step("read", 0, 0, by), shown })
export const refuse = (available: number, by: number): Step => ({ ...step("refuse", 0, 0, by), available })

/** The same, at any later time. */
export const late = (one: Step): Step => ({ ...one, by: Number.POSITIVE_INFINITY })
/** The same, at any later time or never. */
export const perhaps = (one: Step): Step => ({ ...late(one), must: false })
