/** Both carriers keep the port's contract: the one played in the process, and any over HTTP; which also may talk nonsense. */
import { createServer } from "node:http"
import { type AddressInfo, createServer as createNetServer } from "node:net"
import { Effect, Layer } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as HttpCarrier from "../../../src/adapters/carrier-http/carrier.ts"
import * as SimulatedCarrier from "../../../src/adapters/carrier-simulator/carrier.ts"
import { NO_FAULTS } from "../../../src/adapters/carrier-simulator/depot.ts"
import * as Simulator from "../../../src/adapters/carrier-simulator/server.ts"
import type { OrderId } from "../../../src/domain/ids.ts"
import { Carrier } from "../../../src/ports/carrier.ts"
import * as HttpCall from "../../../src/std/http-call.ts"
import { carrierContract } from "../../contracts/carrier.ts"
import { ownNow } from "../../support/own-time.ts"
import * as Scribe from "../../support/scribe.ts"

const options = {
  port: 0,
  faults: NO_FAULTS,
  collectAfterMs: 60_000,
  deliverAfterMs: 60_000,
  callbacks: null,
  secret: "",
}

const over = (url: string) => HttpCarrier.layer(HttpCall.endpoint(url)!)

carrierContract("in the process", SimulatedCarrier.make("played"))
carrierContract("over HTTP", Layer.unwrap(Effect.map(Simulator.serve(options), over)))

describe("over HTTP", () => {
  let answer: { readonly status: number; readonly body: string; readonly type?: string; readonly location?: string }
  const asked: Array<string> = []
  const authorizations: Array<string | undefined> = []
  const server = createServer((request, response) => {
    asked.push(request.url!)
    authorizations.push(request.headers.authorization)
    const { body, location, status, type = "application/json" } = answer
    response.writeHead(status, { "content-type": type, ...(location === undefined ? {} : { location }) })
    if (body !== "endless") return response.end(body)
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(16_384)));
    }
    response.on("drain", more)
    return more()
  })
  let url: string
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const key = Scribe.freshId() as OrderId
  const ask = (at: string) =>
    Effect.gen(function* () {
      const carrier = yield* Carrier
      return [yield* carrier.register({ key, customerId: "ann", lines: [] }), yield* carrier.cancel(key)] as const
    }).pipe(Effect.provide(over(at)), Effect.runPromise)

  it.each([
    ["an error", { status: 503, body: "{}" }, "status-503"],
    ["a page", { status: 201, body: "<html>", type: "text/html" }, "status-201"],
    ["a success without a parcel", { status: 200, body: "{}" }, "unreadable"],
    ["a refusal without a reason", { status: 422, body: '{"reason":1}' }, "unreadable"],
    ["words that are no JSON", { status: 200, body: "oops" }, "unreadable"],
    ["more than a carrier has to say", { status: 200, body: `{"trackingId":"${"T".repeat(65_536)}"}` }, "too-large"],
  ])("an answer that is none is unknown: %s", async (_, given, code) => {
    answer = given
    const [registration] = await ask(url)
    expect(registration).toEqual({ _tag: "Unknown", code })
  })

  it("a redirect is not followed, wherever it leads", async () => {
    answer = { status: 307, body: "", location: `${url}/elsewhere` }
    const before = asked.length
    expect(await ask(url)).toEqual([{ _tag: "Unknown", code: "status-307" }, "unknown"])
    expect(asked.slice(before).map((path) => path.endsWith("/elsewhere"))).toEqual([false, false])
  })

  it("an endless answer is not read to its end", async () => {
    answer = { status: 200, body: "endless" }
    expect((await ask(url))[0]).toEqual({ _tag: "Unknown", code: "too-large" })
  })

  it("a name and a password in the URL leave as Authorization, and are in no path", async () => {
    answer = { status: 200, body: '{"trackingId":"T1"}' }
    const before = asked.length
    await ask(url.replace("://", "://ann:p%40ss@"))
    expect(authorizations.at(-1)).toBe(`Basic ${Buffer.from("ann:p@ss").toString("base64")}`)
    expect(asked.slice(before).join(" ")).not.toContain("ann")
    await ask(url)
    expect(authorizations.at(-1)).toBeUndefined()
  })

  it("a carrier that does not answer is unknown, and bars nothing", async () => {
    expect(await ask("http://ann:secret@127.0.0.1:9")).toEqual([{ _tag: "Unknown", code: "unreachable" }, "unknown"])
  })

  it("is unknown after a second when no connection comes about, however long the call may take", async () => {
    // It takes connections, and never answers the TLS greeting.
    const mute = createNetServer()
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve))
    const begun = ownNow()
    const at = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`
    expect((await ask(at))[0]).toEqual({ _tag: "Unknown", code: "unreachable" })
    expect(ownNow() - begun).toBeLessThan(5 * HttpCall.CONNECT_MS)
    mute.close()
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
