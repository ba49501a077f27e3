/**
 * Delivers a webhook: signed, and sent again, ever more slowly, until it is acknowledged (2xx) or refused (4xx). That it came too slowly
 * or too often (408, 425, 429) is no refusal.
 */
import * as Signature from "./webhook-signature.ts"

/** It is sent again after this, twice as long each time, up to the longest (ms). */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000
/** One that is not answered by then is sent again (ms). */
const CALL_TIMEOUT_MS = 5_000

export interface Receiver {
  readonly url: string
  /** In which the signature stands. */
  readonly header: string
  readonly secret: string
}

/** Keeps no process alive. */
export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds).unref())

const NOT_NOW: ReadonlyArray<number> = [408, 425, 429]

/** The status that ended it: from 200 to 499, and none of NOT_NOW. */
export const deliver = async ({ header, secret, url }: Receiver, body: string): Promise<number> => {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    const headers = { "content-type": "application/json", [header]: Signature.sign(secret, body, Date.now()) }
    const answered = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) })
      .then(async (response) => {
        await response.arrayBuffer()
        return response.status
      })
      .catch(() => 0)
    if (answered >= 200 && answered < 500 && !NOT_NOW.includes(answered)) return answered
    await pause(wait)
  }
}
