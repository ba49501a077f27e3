/**
 * The HTTP client of Stripe's library, by the rules that every outgoing call keeps (`std/http-call.ts`): connected within a second,
 * no redirects, a bounded answer. The library's own would repeat a request by itself when a connection breaks.
 */
import { Effect } from "effect"
import Stripe from "stripe"
import * as HttpCall from "../../std/http-call.ts"

/** A page of intents with their charges: a hundred, of at most 20 kB. */
const BYTES_MAX = 2_000_000

class Response extends Stripe.HttpClientResponse {
  readonly #answer: HttpCall.HttpResponse

  constructor(answer: HttpCall.HttpResponse) {
    super(answer.status, answer.headers as Record<string, string>)
    this.#answer = answer
  }

  /** What is kept beside the object that was read: the headers of its answer. */
  override getRawResponse(): unknown {
    return { headers: this.#answer.headers }
  }

  override toJSON(): Promise<unknown> {
    const { json } = this.#answer
    return typeof json === "object" && json !== null
      ? Promise.resolve(json)
      : Promise.reject(new Error("the answer is no JSON"))
  }
}

type Arguments = Parameters<InstanceType<typeof Stripe.HttpClient>["makeRequest"]>

export class Client extends Stripe.HttpClient {
  override getClientName(): string {
    return "jaego"
  }

  override async makeRequest(...[host, port, path, method, headers, body, protocol, timeoutMs]: Arguments) {
    const base = `${protocol}://${host}:${port}`
    const called = HttpCall.call(
      { base, authorization: null },
      {
        method: method as HttpCall.Request["method"],
        path,
        bytesMax: BYTES_MAX,
        headers: headers as Record<string, string>,
        ...(body === "" ? {} : { body }),
      },
    )
    const answer = await Effect.runPromise(
      Effect.timeoutOrElse(called, { duration: timeoutMs, orElse: () => Effect.succeed("unreachable" as const) }),
    )
    if (typeof answer === "string") throw new Error(answer)
    return new Response(answer)
  }
}
