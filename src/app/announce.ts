/** Notifies the probe how an order ended, in one place for requests and for the background. */
import { isMoney } from "../domain/checkout.ts"
import type { Order } from "../domain/order.ts"
import type { Command } from "../ports/inventory.ts"
import type { Probe } from "../ports/probe.ts"

type Emitter = Probe["Service"]

/** Cancelled with nothing to give back: it was not paid, and what ends is its hold. */
const heldUntilCancelled = (order: Order): boolean => order.status === "cancelled" && order.refund === "none"

/** `order` is what the command came to. */
export const announceEnd = (probe: Emitter, command: Command, order: Order): void => {
  switch (order.status) {
    case "paid":
      if (command._tag !== "RecordPayment" || !isMoney(command.record)) return
      probe.emit({ _tag: "OrderEnded", outcome: "paid", heldSince: order.createdAt })
      probe.emit({
        _tag: "UnitsSold",
        units: order.lines.reduce((units, line) => units + line.quantity, 0),
        ...order.total,
        lines: order.lines,
      })
      return
    case "payment_failed":
      if (command._tag === "RecordPayment" && command.record._tag === "RecordDecline")
        probe.emit({ _tag: "OrderEnded", outcome: "payment_failed", heldSince: order.createdAt })
      return
    case "cancelled":
      if (command._tag === "CancelOrder")
        probe.emit({
          _tag: "OrderEnded",
          outcome: "cancelled",
          heldSince: heldUntilCancelled(order) ? order.createdAt : null,
        })
      return
    case "expired":
      if (command._tag === "ExpireOrder")
        probe.emit({ _tag: "OrderEnded", outcome: "expired", heldSince: order.createdAt })
      return
    default:
      return
  }
}
