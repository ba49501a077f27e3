import { expect, it } from "vitest"
import * as DatedId from "../../src/std/dated-id.ts"

const AT = Date.UTC(2026, 5, 1)

it("is the same for the same name and time, and another for another", () => {
  expect(DatedId.of(AT, "evt_1")).toBe(DatedId.of(AT, "evt_1"))
  expect(new Set([DatedId.of(AT, "evt_1"), DatedId.of(AT, "evt_2"), DatedId.of(AT + 1, "evt_1")]).size).toBe(3)
})

it("is a UUIDv7 of its time, whatever that is", () => {
  for (const at of [0, AT, 2 ** 48 - 1, -1, 2 ** 60, 1.5])
    expect(DatedId.of(at, "evt_1")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(Number.parseInt(DatedId.of(AT, "x").replaceAll("-", "").slice(0, 12), 16)).toBe(AT)
  expect(DatedId.of(AT, "x") < DatedId.of(AT + 1, "a")).toBe(true)
})
