/**
 * A contract is a list of named checks over a port. Run over an adapter each is a test; run over an adapter that is broken
 * on purpose, the named one must fail.
 */
import { layer as over } from "@effect/vitest"
import { Cause, Effect, Exit, type Layer, type Scope } from "effect"
import { expect } from "vitest"

export interface Check<R> {
  readonly name: string
  readonly run: Effect.Effect<void, unknown, R | Scope.Scope>
}

export const check = <Eff extends Effect.Effect<unknown, unknown, unknown>>(
  name: string,
  run: () => Generator<Eff, void, never>,
): Check<Exclude<Effect.Services<Eff>, Scope.Scope>> => ({
  name,
  run: Effect.gen(run) as Check<Exclude<Effect.Services<Eff>, Scope.Scope>>["run"],
})

/** The tag of the failure it ends with, or what it succeeded with. */
export const endOf = <A, R>(
  effect: Effect.Effect<A, { readonly _tag: string }, R>,
): Effect.Effect<string | A, never, R> =>
  Effect.catch(effect as Effect.Effect<string | A, { readonly _tag: string }, R>, (error) => Effect.succeed(error._tag))

/** Every check, one after another, over one instance of the adapter. */
export const runAll = <R>(name: string, checks: ReadonlyArray<Check<R>>, adapter: Layer.Layer<R, unknown>): void =>
  over(adapter, { timeout: "60 seconds", excludeTestServices: true })(name, (it) => {
    for (const { name, run } of checks) it.effect(name, () => run)
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
