/**
 * A turn: one command against what is in memory (`turns/`). The domain's deciders decide, memory moves ahead, and the
 * decision is given to be committed. Synchronous and total: all it needs was loaded before (`misses.ts`).
 *
 * Law: I1, I2, I11 by the deciders; a refused turn changes nothing, in memory either.
 */
import type { OrderId, ProductId } from "../../domain/ids.ts"
import type { Command } from "../../ports/inventory.ts"
import type { Outcome } from "./decision.ts"
import type { Registry } from "./registry.ts"
import * as Editing from "./turns/editing.ts"
import * as Ending from "./turns/ending.ts"
import type { Memory } from "./turns/outcome.ts"
import * as Placing from "./turns/placing.ts"
import * as Stock from "./turns/stock.ts"

export class Turns {
  readonly #memory: Memory

  constructor(registry: Registry, mine: (id: ProductId | OrderId) => boolean, unpaidMax = 0) {
    this.#memory = { registry, mine, unpaidMax }
  }

  /** `now` in milliseconds since 1970. */
  decide(command: Command, now: number): Outcome {
    const memory = this.#memory
    switch (command._tag) {
      case "CreateProduct":
        return Stock.create(memory, command, now)
      case "EditProduct":
        return Editing.edit(memory, command, now)
      case "Receive":
        return Stock.receive(memory, command, now)
      case "Adjust":
        return Stock.adjust(memory, command, now)
      case "ReadStock":
        return Stock.read(memory, command)
      case "PlaceOrder":
        return Placing.place(memory, command, now)
      case "CheckLines":
        return Placing.check(memory, command)
      case "HoldTentatively":
        return Placing.hold(memory, command, now)
      case "EndHolds":
        return Ending.endHolds(memory, command, now)
      case "StartPayment":
        return Ending.change(memory, command, { ...command, at: now }, now)
      case "RecordPayment":
        return Ending.change(memory, command, command.record, now)
      case "CancelOrder":
        return Ending.change(memory, command, { _tag: "Cancel", reason: command.reason }, now)
      case "ExpireOrder":
        return Ending.change(memory, command, { _tag: "Expire", at: now, voided: command.voided }, now)
      case "RecordRefund":
      case "RecordShipment":
      case "RecordDelivery":
        // The order knows them under the same names.
        return Ending.change(memory, command, command, now)
    }
  }
}
