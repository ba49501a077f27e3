/**
 * The webhooks of a provider: signed, repeated until they are acknowledged (2xx) or refused (4xx), and in every order that
 * providers have been seen to use. The signature is that of the carrier's callbacks, and of Stripe's.
 */
import * as Webhook from "../../std/webhook-delivery.ts"

export type Manner = "normal" | "duplicate" | "late" | "reordered" | "none"

/** How late a late one is, and how long one is kept back that is overtaken, milliseconds. */
const LATE_MS = 10_000
const OVERTAKEN_MS = 500

export interface Options {
  readonly url: string | null
  readonly secret: string
  readonly header: string
  readonly manner: Manner
}

const later = async (options: Webhook.Receiver, body: string, delayMs: number): Promise<void> => {
  await Webhook.pause(delayMs)
  await Webhook.deliver(options, body)
}

/** Tells it, in the background. */
export const teller = (options: Options): ((news: unknown) => void) => {
  const { header, manner, secret, url } = options
  if (url === null || manner === "none") return () => undefined
  const receiver = { header, secret, url }
  let told = 0
  return (news) => {
    const body = JSON.stringify(news)
    // Every other one is kept back, so that the one behind it comes first.
    const isOvertaken = manner === "reordered" && told++ % 2 === 0
    void later(receiver, body, manner === "late" ? LATE_MS : isOvertaken ? OVERTAKEN_MS : 0)
    if (manner === "duplicate") void later(receiver, body, OVERTAKEN_MS)
  }
}
