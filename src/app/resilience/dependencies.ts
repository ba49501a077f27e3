/**
 * The registry of what is guarded outside (payment, carrier): how each dependency is, and what an operator orders for its circuit
 * breaker. Each guard puts itself here when it is made.
 */
import { Context, Effect, Layer } from "effect"
import type { Load } from "./bulkhead.ts"
import type { State } from "./circuit-breaker.ts"

/** `observe`: the circuit opens and closes, refuses nothing, and counts what it would have refused. */
export type Mode = "on" | "observe" | "off"

/** What an operator orders; `auto`: as the circuit itself has it. */
export interface Override {
  readonly mode: "auto" | "open" | "closed"
  /** Milliseconds since 1970; null: until it is changed. */
  readonly until: number | null
  readonly reason: string
}

export interface Status {
  readonly dependency: string
  readonly state: State
  readonly mode: Mode
  readonly override: Override
  /** Shares of the newest calls. */
  readonly rates: { readonly calls: number; readonly failures: number; readonly slow: number }
  /** How often the circuit has opened since the process began. */
  readonly openings: number
  /** Until a call may be admitted again (ms); 0: one may be now. */
  readonly openForMs: number
  readonly load: Load
}

export interface Dependency {
  readonly override: (order: Override) => void
  readonly status: () => Status
}

export class Dependencies extends Context.Service<
  Dependencies,
  {
    readonly add: (name: string, dependency: Dependency) => void
    readonly report: Effect.Effect<ReadonlyArray<Status>>
    /** Null: there is none of that name. */
    readonly order: (name: string, order: Override) => Effect.Effect<Status | null>
  }
>()("jaego/app/resilience/Dependencies") {}

export const layer = Layer.sync(Dependencies, () => {
  const all = new Map<string, Dependency>()
  return {
    add: (name, dependency) => void all.set(name, dependency),
    report: Effect.sync(() => [...all.values()].map((dependency) => dependency.status())),
    order: Effect.fnUntraced(function* (name, order) {
      const dependency = all.get(name)
      if (dependency === undefined) return null
      const { mode, reason, until } = order
      const end = until === null ? "until it is changed" : `until ${new Date(until).toISOString()}`
      yield* Effect.logWarning(
        `the circuit breaker of ${name} is ordered ${mode} ${end}: ${reason || "no reason given"}`,
      )
      dependency.override(order)
      return dependency.status()
    }),
  }
})
