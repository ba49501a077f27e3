/**
 * Admission control: how many commands each product and each order has under way here, from admission to answer. What would
 * be too many is refused at once (`mailbox-full`). The commands themselves wait elsewhere, in one list in order of arrival.
 *
 * Law: I12. Limits: ADMITTED_PER_PRODUCT_MAX, ADMITTED_PER_WORKER_MAX.
 */
import type { OrderId, ProductId } from "../../domain/ids.ts"
import type { Command } from "../../ports/inventory.ts"
import { addressesOf } from "./commands.ts"
import { ADMITTED_PER_PRODUCT_MAX, ADMITTED_PER_WORKER_MAX } from "./limits.ts"

export class Admission {
  readonly #counts = new Map<ProductId | OrderId, number>()
  #underWay = 0

  get underWay(): number {
    return this.#underWay
  }

  /** False: there are too many, and nothing was counted. */
  admit(command: Command): boolean {
    if (this.#underWay >= ADMITTED_PER_WORKER_MAX) return false
    const addresses = addressesOf(command)
    for (const address of addresses) if ((this.#counts.get(address) ?? 0) >= ADMITTED_PER_PRODUCT_MAX) return false
    for (const address of addresses) this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1)
    this.#underWay++
    return true
  }

  /** An admitted command has been answered. */
  release(command: Command): void {
    for (const address of addressesOf(command)) {
      const left = this.#counts.get(address)! - 1
      if (left === 0) this.#counts.delete(address)
      else this.#counts.set(address, left)
    }
    this.#underWay--
  }
}
