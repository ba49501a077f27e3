/**
 * Idempotency inside the owner, the gate before the turn: a command whose key or SKU may be taken is looked up in the ledger,
 * and decided only when the ledger has said that it is free.
 *
 * Why it exists: one taken key in a batch makes all of it be decided again (`Contested`). That is for the rare race with
 * another worker; what can be known before is found here, beside the commits. A refusal passes the same gate: a buyer whose
 * order was accepted must not be answered "sold out" when the request comes again.
 *
 * Law: one command of a claim at a time, from its admission to its answer, so that what was free stays free as far as this
 * worker goes. The filter's "no" is certain once every key that was bound before is in it; every key of ours is added as soon
 * as it is decided.
 */
import { type Claim, claimName } from "../../ports/inventory.ts"
import type { KnownKey, Loaded } from "../../ports/ledger.ts"
import { BloomFilter } from "../../std/bloom-filter.ts"
import { claimOf, claimUseOf } from "./commands.ts"
import type { Entry } from "./entry.ts"

/** To be asked of the ledger. */
export interface LookUps {
  readonly keys: Array<Claim>
  readonly skus: Array<string>
}

/** What the ledger said. */
export interface Found {
  /** By name. */
  readonly known: ReadonlyMap<string, KnownKey>
  readonly takenSkus: ReadonlySet<string>
}

export const foundIn = ({ known, takenSkus }: Loaded): Found => ({
  known: new Map(known.map((each) => [claimName(each), each])),
  takenSkus: new Set(takenSkus),
})

export class Idempotency {
  readonly #bound = new BloomFilter()
  #isComplete = false
  readonly #underWay = new Set<string>()
  /** Those that wait for the first of their claim; mostly there are none. */
  readonly #followers = new Map<string, Array<Entry>>()

  /** Keys that are bound, of any worker. */
  read(names: ReadonlyArray<string>): void {
    for (const name of names) this.#bound.add(name)
  }

  /** All that were bound when the first were read have been read. */
  complete(): void {
    this.#isComplete = true
  }

  /** False: another command of its claim is under way; it comes out of `leave` when that is answered. */
  enter(entry: Entry): boolean {
    const { claim } = entry
    if (claim === null || this.#underWay.size !== this.#underWay.add(claim).size) return true
    const followers = this.#followers.get(claim)
    if (followers === undefined) this.#followers.set(claim, [entry])
    else followers.push(entry)
    return false
  }

  /** A command of this claim is under way. */
  has(claim: string): boolean {
    return this.#underWay.has(claim)
  }

  /** It has been answered; the next of its claim, if one waits, is under way now. */
  leave({ claim }: Entry): Entry | null {
    if (claim === null) return null
    const followers = this.#followers.get(claim)
    if (followers === undefined) {
      this.#underWay.delete(claim)
      return null
    }
    const next = followers.shift()!
    if (followers.length === 0) this.#followers.delete(claim)
    return next
  }

  /** Before the turn: true, the ledger has to be asked first, for what was added to `into`. */
  asks(entry: Entry, into: LookUps): boolean {
    if (entry.gate !== "shut") return false
    const { claim, command } = entry
    const isNew = command._tag === "CreateProduct"
    if (isNew) into.skus.push(command.product.sku)
    if (isNew || claimUseOf(command) === "binds-anywhere" || this.#mayBeBound(claim)) return this.#ask(entry, into)
    entry.turnGate("vouched")
    return false
  }

  /** Before a refusal: the same for the hold of an order whose key its home binds, on another worker. */
  asksBeforeRefusal(entry: Entry, into: LookUps): boolean {
    return entry.gate === "vouched" && claimUseOf(entry.command) === "asks" && this.#ask(entry, into)
  }

  #ask(entry: Entry, into: LookUps): true {
    const claim = claimOf(entry.command)
    if (claim !== null) into.keys.push(claim)
    entry.turnGate("asked")
    return true
  }

  /** After a look-up: false, something is taken, and the command has been answered. */
  passes(entry: Entry, { known, takenSkus }: Found): boolean {
    if (entry.gate !== "asked") return true
    const bound = entry.claim === null ? undefined : known.get(entry.claim)
    const { command } = entry
    if (bound !== undefined) entry.replay(bound)
    else if (command._tag === "CreateProduct" && takenSkus.has(command.product.sku))
      entry.refuse({ _tag: "SkuTaken", sku: command.product.sku })
    else entry.turnGate("free")
    return !entry.isAnswered
  }

  #mayBeBound(claim: string | null): boolean {
    return claim !== null && (!this.#isComplete || this.#bound.mayHave(claim))
  }

  /** Its key was decided to be bound, and may be from now on. */
  binds({ claim }: Entry): void {
    if (claim !== null) this.#bound.add(claim)
  }
}
