/** Both carriers keep the port's contract: the one played in the process, and any over HTTP; which also may talk nonsense. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect, Layer } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as HttpCarrier from "../../../src/adapters/carrier-http/carrier.ts"
import * as SimulatedCarrier from "../../../src/adapters/carrier-simulator/carrier.ts"
import { NO_FAULTS } from "../../../src/adapters/carrier-simulator/depot.ts"
import * as Simulator from "../../../src/adapters/carrier-simulator/server.ts"
import type { OrderId } from "../../../src/domain/ids.ts"
import { Carrier } from "../../../src/ports/carrier.ts"
import { carrierContract } from "../../contracts/carrier.ts"
import * as Scribe from "../../support/scribe.ts"

const options = {
  port: 0,
  faults: NO_FAULTS,
  collectAfterMs: 60_000,
  deliverAfterMs: 60_000,
  callbacks: null,
  secret: "",
}

carrierContract("in the process", SimulatedCarrier.layer)
carrierContract("over HTTP", Layer.unwrap(Effect.map(Simulator.serve(options), HttpCarrier.layer)))

describe("over HTTP", () => {
  let answer: { readonly status: number; readonly body: string; readonly type?: string }
  const server = createServer((_, response) => {
    response.writeHead(answer.status, { "content-type": answer.type ?? "application/json" })
    response.end(answer.body)
  })
  let url: string
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => void server.close())

  const key = Scribe.freshId() as OrderId
  const ask = (at: string) =>
    Effect.gen(function* () {
      const carrier = yield* Carrier
      return [yield* carrier.register({ key, customerId: "ann", lines: [] }), yield* carrier.cancel(key)] as const
    }).pipe(Effect.provide(HttpCarrier.layer(at)), Effect.runPromise)

  it.each([
    ["an error", { status: 503, body: "{}" }, "the carrier said 503"],
    ["a page", { status: 302, body: "<html>", type: "text/html" }, "the carrier said 302"],
    ["a success without a parcel", { status: 200, body: "{}" }, "the carrier said 200"],
    ["a refusal without a reason", { status: 422, body: '{"reason":1}' }, "the carrier said 422"],
    ["words that are no JSON", { status: 200, body: "oops" }, "the carrier said 200"],
  ])("an answer that is none is unknown: %s", async (_, given, reason) => {
    answer = given
    const [registration] = await ask(url)
    expect(registration).toMatchObject({ _tag: "Unknown", reason: expect.stringContaining(reason) })
  })

  it("nobody there is unknown, and bars nothing", async () => {
    const [registration, cancellation] = await ask("http://127.0.0.1:9")
    expect(registration).toMatchObject({ _tag: "Unknown", reason: expect.stringContaining("was not reached") })
    expect(cancellation).toBe("unknown")
  })

  it("takes for barred only what is said to be", async () => {
    for (const [status, word] of [
      [200, "cancelled"],
      [409, "shipped"],
      [404, "unknown"],
      [500, "unknown"],
    ] as const) {
      answer = { status, body: "{}" }
      expect((await ask(url))[1]).toBe(word)
    }
  })
})
