/** A test can wait for what happens, and does not wait for what has happened. */
import { it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { expect } from "vitest"
import { Probe } from "../../src/ports/probe.ts"
import * as MemoryProbe from "./recording-probe.ts"

const sold = (units: number) => ({ _tag: "UnitsSold", units, amount: 100, currency: "EUR", lines: [] }) as const

it.effect("completes when the last of the wanted happenings has been emitted, and not before", () =>
  Effect.gen(function* () {
    const { emit } = yield* Probe
    const recording = yield* MemoryProbe.Recording
    emit(sold(1))
    const three = yield* Effect.forkChild(recording.until(MemoryProbe.is("UnitsSold"), 3), { startImmediately: true })
    emit({ _tag: "StandingBy" })
    emit(sold(2))
    yield* Effect.yieldNow
    expect(three.pollUnsafe()).toBeUndefined()
    emit(sold(3))
    yield* Fiber.join(three)
    yield* recording.until(MemoryProbe.is("UnitsSold"), 3)
    expect(recording.count(MemoryProbe.is("UnitsSold"))).toBe(3)
    expect(recording.all()).toEqual([sold(1), { _tag: "StandingBy" }, sold(2), sold(3)])
  }).pipe(Effect.provide(MemoryProbe.recording)),
)
