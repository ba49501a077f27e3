/** What one check of a deployment has found (`jaego doctor`). */

/** `red`: something that is promised cannot be kept. `yellow`: it works, at a cost. `unknown`: it could not be looked at. */
export type Verdict = "green" | "yellow" | "red" | "unknown"

export interface Finding {
  /** The same words in every run, for programs. */
  readonly name: string
  readonly verdict: Verdict
  /** What was seen, one line. */
  readonly found: string
  /** What to do, one line; null: nothing. */
  readonly remedy: string | null
}

/** A named check over what was looked at, and what to do if it is not green. */
export interface Check<Seen> {
  readonly name: string
  readonly judge: (seen: Seen) => readonly [verdict: Verdict, found: string]
  readonly remedy: string
}

export const findings = <Seen>(checks: ReadonlyArray<Check<Seen>>, seen: Seen): ReadonlyArray<Finding> =>
  checks.map(({ judge, name, remedy }) => {
    const [verdict, found] = judge(seen)
    return { name, verdict, found, remedy: verdict === "green" ? null : remedy }
  })

/** None of them could be looked at, because of this. */
export const unknown = (checks: ReadonlyArray<Check<never>>, why: string): ReadonlyArray<Finding> =>
  checks.map(({ name }) => ({ name, verdict: "unknown", found: why, remedy: null }))
