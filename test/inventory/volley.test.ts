/** Commands that are handed over together, with workers that answer when they are told to. */
import { Effect, Exit, Fiber } from "effect"
import { describe, expect, it } from "vitest"
import { VOLLEY_AT_ONCE } from "../../src/app/inventory/limits.ts"
import { Placement } from "../../src/app/inventory/placement.ts"
import * as Volley from "../../src/app/inventory/volley.ts"
import { ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import { unavailable } from "../../src/ports/failures.ts"
import { Refused } from "../../src/ports/inventory.ts"
import type { Answering, Worker } from "../../src/ports/workers.ts"
import { freshId } from "../support/scribe.ts"

const adjust = (index: number): Volley.OfProduct => ({
  _tag: "Adjust",
  productId: ProductId.make(Lane.place(freshId(), index % 2)),
  delta: index,
  reason: "",
  claim: null,
})
const adjusts = (count: number) => Array.from({ length: count }, (_, index) => adjust(index))

const done = { reply: { _tag: "Done" }, replayed: false } as const
const refused = Exit.fail(new Refused({ _tag: "SkuTaken", sku: "s" }))

class Crew {
  readonly waiting: Array<{ readonly worker: number; readonly delta: number; readonly answer: Answering }> = []
  readonly #placement = new Placement([this.#worker(0), this.#worker(1)])
  readonly fire: Volley.Fire = (commands) => this.#placement.volley(commands)

  get underWay(): number {
    return this.#placement.underWay
  }

  #worker(worker: number): Worker {
    return {
      submit: (command, answer) => {
        if (command._tag === "Adjust") this.waiting.push({ worker, delta: command.delta, answer })
      },
      watch: () => undefined,
      abandon: () => undefined,
    }
  }
}

describe("a volley", () => {
  it("gives each command to the worker of its lane, and all answers in the order of the commands", async () => {
    const crew = new Crew()
    const fired = Effect.runPromise(crew.fire(adjusts(3)))
    expect(crew.waiting.map(({ delta, worker }) => [worker, delta])).toEqual([
      [0, 0],
      [1, 1],
      [0, 2],
    ])
    const [first, second, third] = crew.waiting
    third!.answer(Exit.succeed(done))
    second!.answer(refused)
    first!.answer(Exit.succeed({ ...done, replayed: true }))
    expect(await fired).toEqual([{ ...done, replayed: true }, null, done])
    expect(crew.underWay).toBe(0)
  })

  it("has no more under way than it may, and the next follows each answer", async () => {
    const crew = new Crew()
    const fired = Effect.runPromise(crew.fire(adjusts(VOLLEY_AT_ONCE + 2)))
    expect(crew.waiting).toHaveLength(VOLLEY_AT_ONCE)
    for (let at = 0; at < crew.waiting.length; at++) {
      crew.waiting[at]!.answer(Exit.succeed(done))
      expect(crew.underWay).toBeLessThanOrEqual(VOLLEY_AT_ONCE)
    }
    expect(await fired).toHaveLength(VOLLEY_AT_ONCE + 2)
  })

  it("hands no more over once its asker is interrupted", async () => {
    const crew = new Crew()
    const fiber = Effect.runFork(crew.fire(adjusts(VOLLEY_AT_ONCE + 2)))
    await Effect.runPromise(Fiber.interrupt(fiber))
    crew.waiting[0]!.answer(Exit.succeed(done))
    expect(crew.waiting).toHaveLength(VOLLEY_AT_ONCE)
  })

  it("of workers that refuse at once is as long as any other", async () => {
    const submit: Worker["submit"] = (_, answer) => answer(Exit.fail(unavailable("worker-lost")))
    const placement = new Placement([{ submit, watch: () => undefined, abandon: () => undefined }])
    const answers = await Effect.runPromise(placement.volley(adjusts(100_000)))
    expect([answers.length, new Set(answers)]).toEqual([100_000, new Set([null])])
  })

  it("where no owners are is a command after the other, of which a refusal is no answer", async () => {
    const submit = ({ delta }: { readonly delta?: number }) =>
      delta === 1 ? Effect.fail(unavailable("database")) : Effect.succeed(done)
    const answers = await Effect.runPromise(Volley.oneByOne({ submit: submit as never })(adjusts(3)))
    expect(answers).toEqual([done, null, done])
  })
})
