/** How holds end: what each ending does to the stock and to the state of a hold. */
import type * as Order from "../../domain/order.ts"
import type { HoldState } from "../../ports/ledger.ts"

/** `drop` and `lapse` end tentative holds; the others follow from their order. */
export type Ending = Order.Ending | "drop" | "lapse"

/** What an ending does to the stock and to the state of a hold. */
export const ENDINGS: {
  readonly [E in Ending]: {
    readonly command: "Confirm" | "Release" | "Expire" | "Restock"
    readonly from: HoldState
    readonly to: HoldState
  }
} = {
  confirm: { command: "Confirm", from: "held", to: "confirmed" },
  release: { command: "Release", from: "held", to: "released" },
  expire: { command: "Expire", from: "held", to: "expired" },
  restock: { command: "Restock", from: "confirmed", to: "returned" },
  drop: { command: "Release", from: "tentative", to: "released" },
  lapse: { command: "Expire", from: "tentative", to: "expired" },
}

/**
 * How a hold in this state is to end; null: it has ended already. The order's home may have accepted a hold that memory
 * here still calls tentative (the ledger will tell), and cancelled a paid order before the confirmation came here: those
 * units have not left, they are released.
 */
export const endingOf = (state: HoldState, ending: Ending): Ending | null => {
  const { from } = ENDINGS[ending]
  if (state === from) return ending
  if (state === "tentative" && from === "held") return ending
  if ((state === "held" || state === "tentative") && ending === "restock") return "release"
  return null
}
