/** Stock as a decider: never oversold, contiguous, and a refusal changes nothing. */
import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ProductId } from "../../src/domain/ids.ts"
import { MAX_ON_HAND, MAX_PER_LINE } from "../../src/domain/quantity.ts"
import * as Stock from "../../src/domain/stock.ts"

const ID = "01a1feab-edb8-7049-b54f-468de46eab73" as ProductId

const decide = (command: Stock.Command, stock: Stock.Stock) => Stock.decide(ID, command, stock)
const shelf = (onHand: number, reserved = 0): Stock.Stock => ({ onHand, reserved, version: 7 })
const afterwards = (command: Stock.Command, stock: Stock.Stock) =>
  Stock.evolve(stock, Result.getOrThrow(decide(command, stock)))

/** What is on the shelf and what is held, kept the slow way: by units. */
interface Model {
  free: number
  held: number
}

/** Small quantities collide; large ones reach the bounds. */
const quantity = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: MAX_PER_LINE }))

type World = { stock: Stock.Stock; events: Array<Stock.Event> }

/** Runs the command against stock and model, and holds both to each other and to the laws. */
const step = (command: Stock.Command, allowed: boolean, model: Model, world: World): void => {
  const before = world.stock
  const decided = decide(command, before)
  expect(Result.isSuccess(decided)).toBe(allowed)
  if (Result.isSuccess(decided)) {
    world.events.push(decided.success)
    world.stock = Stock.evolve(before, decided.success)
    expect(world.stock.version).toBe(before.version + 1)
  }
  expect(world.stock).toMatchObject({ onHand: model.free + model.held, reserved: model.held })
  expect(world.stock.onHand >= world.stock.reserved && world.stock.reserved >= 0).toBe(true)
}

type Step = fc.Command<Model, World>

const allowedAlways = (command: Stock.Command, change: (model: Model) => void): Step => ({
  check: () => true,
  run: (model, world) => {
    change(model)
    step(command, true, model, world)
  },
  toString: () => JSON.stringify(command),
})

const allowedIf = (command: Stock.Command, may: (model: Model) => boolean, change: (model: Model) => void): Step => ({
  check: () => true,
  run: (model, world) => {
    const allowed = may(model)
    if (allowed) change(model)
    step(command, allowed, model, world)
  },
  toString: () => JSON.stringify(command),
})

/** Ends units of what is held: a hold is never larger than what is reserved. */
const ends = (
  _tag: "Release" | "Expire" | "Confirm",
  share: number,
  change: (model: Model, quantity: number) => void,
): Step => ({
  check: (model) => model.held > 0,
  run: (model, world) => {
    const units = Math.max(1, Math.floor(model.held * share))
    change(model, units)
    step({ _tag, quantity: units }, true, model, world)
  },
  toString: () => `${_tag} ${share} of what is held`,
})

const free = (units: number) => (model: Model) => {
  model.free += units
}

const share = fc.constantFrom(0, 0.3, 1)
const leave = (model: Model, units: number) => {
  model.held -= units
}
const back = (model: Model, units: number) => {
  model.held -= units
  model.free += units
}

const steps = [
  quantity.map((units) =>
    allowedIf(
      { _tag: "Receive", quantity: units },
      (model) => model.free + model.held + units <= MAX_ON_HAND,
      free(units),
    ),
  ),
  fc
    .integer({ min: -MAX_PER_LINE, max: MAX_PER_LINE })
    .map((delta) =>
      allowedIf(
        { _tag: "Adjust", delta, reason: "counted" },
        (model) => model.free + delta >= 0 && model.free + model.held + delta <= MAX_ON_HAND,
        free(delta),
      ),
    ),
  quantity.map((units) =>
    allowedIf(
      { _tag: "Reserve", quantity: units },
      (model) => model.free >= units,
      (model) => {
        model.free -= units
        model.held += units
      },
    ),
  ),
  share.map((part) => ends("Release", part, back)),
  share.map((part) => ends("Expire", part, back)),
  share.map((part) => ends("Confirm", part, leave)),
  fc.integer({ min: 1, max: 12 }).map((units) => allowedAlways({ _tag: "Restock", quantity: units }, free(units))),
]

describe("stock", () => {
  it("is never oversold and counts every change, whatever happens to it", () => {
    fc.assert(
      fc.property(fc.nat({ max: 30 }), fc.commands(steps, { maxCommands: 60 }), (onHand, commands) => {
        const created = Stock.evolve(Stock.nothing, Stock.created(onHand))
        const setup = () => ({
          model: { free: onHand, held: 0 },
          real: { stock: created, events: [] as Array<Stock.Event> },
        })
        let world: World | undefined
        fc.modelRun(() => {
          const made = setup()
          world = made.real
          return made
        }, commands)
        // I2: the history alone gives the state, one version an event.
        const replayed = [Stock.created(onHand), ...world!.events].reduce(Stock.evolve, Stock.nothing)
        expect(replayed).toEqual(world!.stock)
        expect(replayed.version).toBe(world!.events.length + 1)
      }),
      { numRuns: 300 },
    )
  })

  it("reserves exactly when enough is available, and says what is", () => {
    fc.assert(
      fc.property(fc.nat({ max: 50 }), fc.nat({ max: 50 }), fc.integer({ min: 1, max: 60 }), (free, held, wanted) => {
        const result = decide({ _tag: "Reserve", quantity: wanted }, shelf(free + held, held))
        expect(result).toEqual(
          wanted <= free
            ? Result.succeed({ type: "reserved", onHand: 0, reserved: wanted, reason: null })
            : Result.fail({ _tag: "InsufficientStock", productId: ID, available: free }),
        )
      }),
    )
  })

  it("starts at version 1 with what was brought", () => {
    expect(Stock.evolve(Stock.nothing, Stock.created(5))).toEqual({ onHand: 5, reserved: 0, version: 1 })
  })

  it("lets the units leave when they are confirmed, and stay when they are released or expire", () => {
    expect(afterwards({ _tag: "Confirm", quantity: 2 }, shelf(10, 3))).toEqual({ onHand: 8, reserved: 1, version: 8 })
    expect(afterwards({ _tag: "Release", quantity: 2 }, shelf(10, 3))).toEqual({ onHand: 10, reserved: 1, version: 8 })
    expect(afterwards({ _tag: "Expire", quantity: 2 }, shelf(10, 3))).toEqual({ onHand: 10, reserved: 1, version: 8 })
  })

  it("brings back what had left, even above the bound of receipts", () => {
    expect(afterwards({ _tag: "Restock", quantity: 2 }, shelf(MAX_ON_HAND)).onHand).toBe(MAX_ON_HAND + 2)
  })

  it("refuses to count down below what is held", () => {
    expect(decide({ _tag: "Adjust", delta: -8, reason: "damaged" }, shelf(10, 3))).toEqual(
      Result.fail({ _tag: "InsufficientStock", productId: ID, available: 7 }),
    )
    expect(afterwards({ _tag: "Adjust", delta: -7, reason: "damaged" }, shelf(10, 3)).onHand).toBe(3)
  })

  it("refuses to hold more than the bound, and takes goods up to it", () => {
    const full = { _tag: "StockOverflow", productId: ID, maximum: MAX_ON_HAND }
    expect(decide({ _tag: "Receive", quantity: 2 }, shelf(MAX_ON_HAND - 1))).toEqual(Result.fail(full))
    expect(decide({ _tag: "Adjust", delta: 2, reason: "counted" }, shelf(MAX_ON_HAND - 1))).toEqual(Result.fail(full))
    expect(afterwards({ _tag: "Receive", quantity: 1 }, shelf(MAX_ON_HAND - 1)).onHand).toBe(MAX_ON_HAND)
  })

  it.each(["Release", "Expire", "Confirm"] as const)("treats a %s of units that are not held as a defect", (_tag) => {
    expect(() => decide({ _tag, quantity: 4 }, shelf(10, 3))).toThrow("only 3 are reserved")
  })
})
