/**
 * Mailboxes: how many commands each product has under way here, from admission to answer. Bounded, and refusing politely
 * when full (I12). The commands themselves lie in one list in order of arrival, which is in order for every product.
 */
import type { OrderId, ProductId } from "../../domain/ids.ts"
import type { Command } from "../../ports/inventory.ts"
import { MAILBOX_CAPACITY, WORKER_CAPACITY } from "./limits.ts"

type Address = ProductId | OrderId

export class Mailboxes {
  readonly #counts = new Map<Address, number>()
  #total = 0

  get total(): number {
    return this.#total
  }

  /** False: one of its mailboxes is full, and nothing was counted. */
  offer(command: Command): boolean {
    if (this.#total >= WORKER_CAPACITY) return false
    const addresses = addressesOf(command)
    for (const address of addresses) if ((this.#counts.get(address) ?? 0) >= MAILBOX_CAPACITY) return false
    for (const address of addresses) this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1)
    this.#total++
    return true
  }

  take(command: Command): void {
    for (const address of addressesOf(command)) {
      const left = this.#counts.get(address)! - 1
      if (left === 0) this.#counts.delete(address)
      else this.#counts.set(address, left)
    }
    this.#total--
  }
}

const addressesOf = (command: Command): ReadonlyArray<Address> => {
  switch (command._tag) {
    case "CreateProduct":
      return [command.product.id]
    case "Receive":
    case "Adjust":
    case "ReadStock":
      return [command.productId]
    case "PlaceOrder":
    case "HoldTentatively":
      return command.lines.map((line) => line.productId)
    default:
      return [command.orderId]
  }
}
