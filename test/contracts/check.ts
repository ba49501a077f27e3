/**
 * A contract is a list of named checks over a port. Run over an adapter each is a test; run over an adapter that is broken
 * on purpose, the named one must fail. An adapter may be exempt from laws, as it says aloud: then each check of such a law
 * has to fail, and all others hold as ever.
 */
import { layer as over } from "@effect/vitest"
import { Cause, Effect, Exit, type Layer, type Scope } from "effect"
import { expect } from "vitest"

export interface Check<R> {
  readonly name: string
  readonly run: Effect.Effect<void, unknown, R | Scope.Scope>
  /** Laws (architecture.md) that an adapter breaks if this fails; none: no adapter is exempt from it. */
  readonly laws: ReadonlyArray<Law>
}

/** The laws that an adapter may be exempt from. */
export type Law = "I1" | "I2"

export const check = <Eff extends Effect.Effect<unknown, unknown, unknown>>(
  name: string,
  run: () => Generator<Eff, void, never>,
  ...laws: ReadonlyArray<Law>
): Check<Exclude<Effect.Services<Eff>, Scope.Scope>> => ({
  name,
  laws,
  run: Effect.gen(run) as Check<Exclude<Effect.Services<Eff>, Scope.Scope>>["run"],
})

/** The tag of the failure it ends with, or what it succeeded with. */
export const endOf = <A, R>(
  effect: Effect.Effect<A, { readonly _tag: string }, R>,
): Effect.Effect<string | A, never, R> =>
  Effect.catch(effect as Effect.Effect<string | A, { readonly _tag: string }, R>, (error) => Effect.succeed(error._tag))

/** Every check, one after another, over one instance of the adapter. `exempt`: the laws that it does not keep. */
export const runAll = <R>(
  name: string,
  checks: ReadonlyArray<Check<R>>,
  adapter: Layer.Layer<R, unknown>,
  exempt: ReadonlyArray<Law> = [],
): void =>
  over(adapter, { timeout: "60 seconds", excludeTestServices: true })(name, (it) => {
    const broken = new Set<Law>()
    for (const each of checks) {
      const laws = each.laws.filter((law) => exempt.includes(law))
      const breach = Effect.andThen(
        breaks(each),
        Effect.sync(() => laws.forEach((law) => void broken.add(law))),
      )
      if (laws.length > 0) it.effect(`breaks ${laws.join(", ")}, and fails to: ${each.name}`, () => breach)
      else it.effect(each.name, () => each.run)
    }
    if (exempt.length > 0)
      it.effect(`has broken ${exempt.join(", ")}, each seen by a check of that law`, () =>
        Effect.sync(() => expect([...broken].toSorted()).toEqual([...exempt].toSorted())),
      )
  })

/** What breaks by a race may hold a few times; not so often. */
const RACES_MAX = 20

/** By an assertion, or because the domain was asked to end units that are no longer held; not by an accident. */
const isBreach = (reason: unknown): boolean =>
  reason instanceof Error && (reason.name === "AssertionError" || reason.message.endsWith("are reserved"))

/** The check says no, sooner or later. */
const breaks = Effect.fnUntraced(function* <R>({ name, run }: Check<R>) {
  for (let race = 0; race < RACES_MAX; race++) {
    const exit = yield* Effect.exit(Effect.scoped(run))
    if (Exit.isFailure(exit) && isBreach(Cause.squash(exit.cause))) return
  }
  expect.fail(`the adapter is exempt from "${name}", and held it ${RACES_MAX} times`)
})

/** The named check says no to this adapter, by an assertion and not by an accident. */
export const catches = <R>(
  checks: ReadonlyArray<Check<R>>,
  name: string,
  adapter: Layer.Layer<R, unknown>,
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const found = checks.find((each) => each.name === name)
    if (found === undefined) throw new Error(`there is no check called "${name}"`)
    const exit = yield* Effect.exit(Effect.provide(Effect.scoped(found.run), adapter, { local: true }))
    const reason = Exit.isFailure(exit) ? Cause.squash(exit.cause) : null
    expect(reason, `"${name}" should have failed`).toMatchObject({ name: "AssertionError" })
  })
