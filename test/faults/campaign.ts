/**
 * A campaign: one kind of fault, done to the real service again and again while people buy, and what was found.
 *
 * The test suite runs each campaign for some rounds, `npm run proof` for hundreds; this is what the two have in common.
 */

export interface Options {
  /** How often the fault is to happen. */
  readonly times: number
  /** Inventory threads of the service. */
  readonly workers: number
  /** Decides the moments, and what is bought. */
  readonly seed: number
  /** The URL of a migrated, empty database on a server that outlives the campaign. */
  readonly freshDatabase: () => Promise<string>
  /** Hears of progress, one line at a time. */
  readonly log: (line: string) => void
}

export interface Findings {
  /** The module's name: `crash`, `backend-termination`, ... */
  readonly campaign: string
  readonly workers: number
  readonly seed: number
  /** How often each fault fired: `killed before the commit was sent`, ... */
  readonly faults: Readonly<Record<string, number>>
  /** What callers were answered, by kind: `201`, `409 insufficient-stock`, `no answer`, ... */
  readonly outcomes: Readonly<Record<string, number>>
  /** How many single things were checked. */
  readonly checks: number
  /** A sentence each; empty if every law held. */
  readonly violations: ReadonlyArray<string>
  /** What could not be done here, with the reason. */
  readonly notTested: ReadonlyArray<string>
  /** What was measured, by name with its unit. */
  readonly figures?: Readonly<Record<string, number>>
}

/** Counts by name. */
export class Tally {
  readonly counts: Record<string, number> = {}

  add(name: string, times = 1): void {
    this.counts[name] = (this.counts[name] ?? 0) + times
  }
}
