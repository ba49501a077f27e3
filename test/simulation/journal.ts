/**
 * The journal of a run: every event in a line, from which the digest comes; and counts of the faults that fired, of what
 * callers were answered, and of the dangerous moments that happened.
 */
import { createHash } from "node:crypto"
import type { World } from "./world.ts"

export type Counts = Record<string, number>

/** Adds up by name, into `sum`. */
export const addTo = (sum: Counts, counts: Readonly<Counts>): void => {
  for (const [name, times] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + times
}

export class Journal {
  readonly faults: Counts = {}
  readonly outcomes: Counts = {}
  readonly moments: Counts = {}
  readonly violations: Array<string> = []
  readonly lines: Array<string> = []
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  write(who: string, what: string): void {
    this.lines.push(`${(this.#world.now / 1_000).toFixed(3).padStart(10)} ${who.padEnd(12)} ${what}`)
  }

  fault(name: string, who = ""): void {
    this.faults[name] = (this.faults[name] ?? 0) + 1
    this.write("fault", who === "" ? name : `${name}: ${who}`)
  }

  answered(outcome: string): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1
  }

  moment(name: string): void {
    this.moments[name] = (this.moments[name] ?? 0) + 1
    this.write("moment", name)
  }

  /** Each begins with the name of its check; each is said once. */
  violated(sentences: ReadonlyArray<string>): void {
    for (const sentence of sentences) {
      if (this.violations.includes(sentence)) continue
      this.violations.push(sentence)
      this.write("VIOLATION", sentence)
    }
  }

  get digest(): string {
    return createHash("sha256").update(this.lines.join("\n")).digest("hex")
  }
}
