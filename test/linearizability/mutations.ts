/** Small lies: a history of which one answer, or the time of one call, is changed. What comes of it may still be possible. */
import fc from "fast-check"
import type { Deed, History, Step } from "./history.ts"

export type Mutation =
  /** An answer shows the state of another version. */
  | { readonly kind: "other version"; readonly which: number; readonly version: number }
  /** A refusal names some more or less. */
  | { readonly kind: "other refusal"; readonly which: number; readonly by: number }
  /** Two calls change their times. */
  | { readonly kind: "swapped times"; readonly which: number; readonly other: number }
  /** A call, with its answer, was earlier or later. */
  | { readonly kind: "other time"; readonly which: number; readonly by: number }

const which = fc.nat(1_000)

export const any: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant("other version" as const), which, version: fc.nat(1_000) }),
  fc.record({ kind: fc.constant("other refusal" as const), which, by: fc.constantFrom(-1, 1) }),
  fc.record({ kind: fc.constant("swapped times" as const), which, other: fc.nat(1_000) }),
  fc.record({ kind: fc.constant("other time" as const), which, by: fc.constantFrom(-90, -45, -25, 25, 45, 90) }),
)

const withSteps = (deed: Deed, change: (step: Step) => Step): Deed => ({ ...deed, steps: deed.steps.map(change) })

const moved = (deed: Deed, by: number): Deed => ({
  ...withSteps(deed, (step) => ({ ...step, by: step.by + by })),
  invoked: deed.invoked + by,
})

/** The times of another, step by step. */
const timedAs = (deed: Deed, other: Deed): Deed => {
  const { by } = other.steps.at(-1)!
  return { ...withSteps(deed, (step) => (step.must ? { ...step, by } : step)), invoked: other.invoked }
}

/** Any of those that are so; undefined: there is none. */
const pick = (deeds: ReadonlyArray<Deed>, which: number, isSo: (step: Step) => boolean): Deed | undefined => {
  const some = deeds.filter(({ steps }) => steps.some(isSo))
  return some[which % some.length]
}

const isClosed = ({ by, must }: Step): boolean => must && by !== Number.POSITIVE_INFINITY

/** Unchanged where there is nothing of the kind. */
export const apply = (mutation: Mutation, history: History): History => {
  const { deeds, movements } = history
  const replace = (old: Deed | undefined, next: (old: Deed) => Deed): History => ({
    ...history,
    deeds: deeds.map((deed) => (deed === old ? next(deed) : deed)),
  })
  switch (mutation.kind) {
    case "other version": {
      const { onHand, reserved, version } = movements[mutation.version % movements.length]!
      const shown = { onHand, reserved, version }
      const deed = pick(deeds, mutation.which, (step) => step.kind === "read")
      return replace(deed, (old) => withSteps(old, (step) => ({ ...step, shown })))
    }
    case "other refusal": {
      const deed = pick(deeds, mutation.which, (step) => step.kind === "refuse")
      return replace(deed, (old) =>
        withSteps(old, (step) => ({ ...step, available: Math.max(0, step.available! + mutation.by) })),
      )
    }
    case "swapped times": {
      const one = pick(deeds, mutation.which, isClosed)
      const other = pick(deeds, mutation.other, isClosed)
      if (one === undefined || other === undefined) return history
      const swap = (deed: Deed) => (deed === one ? timedAs(one, other) : deed === other ? timedAs(other, one) : deed)
      return { ...history, deeds: deeds.map(swap) }
    }
    case "other time":
      return replace(pick(deeds, mutation.which, isClosed), (old) => moved(old, mutation.by))
  }
}
