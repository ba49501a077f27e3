/**
 * The webhooks of a provider: signed, repeated until they are acknowledged (2xx) or refused (4xx), and in every order that
 * providers have been seen to use. The signature is that of the carrier's callbacks, and of Stripe's.
 */
import { createHmac } from "node:crypto"
import * as Signature from "../../ports/carrier-signature.ts"

export type Manner = "normal" | "duplicate" | "late" | "reordered" | "none"

/** It calls again after this, twice as long each time, up to the longest, milliseconds. */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000
/** A webhook that is not answered by then is told again, milliseconds. */
const CALL_TIMEOUT_MS = 5_000
/** How late a late one is, and how long one is kept back that is overtaken, milliseconds. */
const LATE_MS = 10_000
const OVERTAKEN_MS = 500

export interface Options {
  readonly url: string | null
  readonly secret: string
  readonly header: string
  readonly manner: Manner
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds).unref())

const sign = (secret: string, body: string): string => {
  const time = Math.floor(Date.now() / 1_000)
  const hex = createHmac("sha256", secret).update(Signature.prefix(time)).update(body).digest("hex")
  return Signature.write({ time, hex })
}

const call = async ({ header, secret }: Options, url: string, body: string, delayMs: number): Promise<void> => {
  await pause(delayMs)
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    const headers = { "content-type": "application/json", [header]: sign(secret, body) }
    const answered = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) })
      .then(async (response) => {
        await response.arrayBuffer()
        return response.status
      })
      .catch(() => 0)
    if (answered >= 200 && answered < 500) return
    await pause(wait)
  }
}

/** Tells it, in the background. */
export const teller = (options: Options): ((news: unknown) => void) => {
  const { manner, url } = options
  if (url === null || manner === "none") return () => undefined
  let told = 0
  return (news) => {
    const body = JSON.stringify(news)
    // Every other one is kept back, so that the one behind it comes first.
    const isOvertaken = manner === "reordered" && told++ % 2 === 0
    void call(options, url, body, manner === "late" ? LATE_MS : isOvertaken ? OVERTAKEN_MS : 0)
    if (manner === "duplicate") void call(options, url, body, OVERTAKEN_MS)
  }
}
