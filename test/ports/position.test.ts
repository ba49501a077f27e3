/** Positions in the log: written as PostgreSQL writes them, the newest of all writers, and never behind what was written. */
import { expect, it } from "vitest"
import * as Position from "../../src/ports/position.ts"

it.each([
  [0n, "0/0"],
  [0x16_b374_d848n, "16/B374D848"],
  [0xffff_ffff_0000_0001n, "FFFFFFFF/1"],
])("%s is %s, and back", (position, text) => {
  expect(Position.text(position)).toBe(text)
  expect(Position.parse(text)).toBe(position)
  expect(Position.parse(text.toLowerCase())).toBe(position)
})

it.each(["", "1", "/1", "1/", "1/123456789", "0x1/2", "1/2 ", "G/1", "1/2, 1/3"])("%j is none", (text) => {
  expect(Position.parse(text)).toBeNull()
})

it("the newest is that of the writer who is furthest", () => {
  const slots = Position.share(2)
  expect(Position.newest(slots)).toBe(0n)
  Position.moveTo(slots, Position.MAIN, 5n)
  Position.moveTo(slots, 2, 9n)
  Position.moveTo(slots, 1, 7n)
  expect(Position.newest(slots)).toBe(9n)
})

it("never goes back, but from a position that could not be read", () => {
  const slots = Position.share(1)
  Position.moveTo(slots, 1, 9n)
  Position.moveTo(slots, 1, 8n)
  expect(Position.newest(slots)).toBe(9n)
  Position.moveTo(slots, 1, Position.UNKNOWN)
  expect(Position.newest(slots)).toBe(Position.UNKNOWN)
  Position.moveTo(slots, 1, 10n)
  expect(Position.newest(slots)).toBe(10n)
})
