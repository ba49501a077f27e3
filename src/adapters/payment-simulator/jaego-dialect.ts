/** The protocol of docs/payment.md, spoken by the simulated provider. */
import { WORDS } from "../../domain/checkout.ts"
import { ABSENT, type Capture, type ChargeOutcome, type Reading } from "../../ports/payment.ts"
import { type Asked, type Dialect, NOT_FOUND, type Reply } from "./dialect.ts"
import type { Till } from "./till.ts"

interface Body {
  readonly token?: string
  readonly money?: { readonly amount: number; readonly currency: string }
  readonly customerId?: string
  readonly capture?: Capture
}

const said = (answer: ChargeOutcome | Reading): Reply => {
  const state = WORDS[answer._tag]
  switch (answer._tag) {
    case "Charged":
    case "Authorized":
      return { status: 200, body: { state } }
    case "Declined":
      return { status: 200, body: { state, code: answer.code, retryable: answer.retryable } }
    case "ActionRequired":
      return { status: 200, body: { state, ...answer.action } }
    case "Absent":
      return { status: 404, body: { state } }
    case "Unknown":
      return { status: 202, body: { state: "pending" } }
  }
}

const NO_MONEY = { amount: 0, currency: "EUR" }

export const make = (till: Till): Dialect => {
  const attempt = async ({ body, method }: Asked, ref: string, number: number): Promise<Reply | null> => {
    if (method === "GET") return said(till.read(ref, number))
    if (method !== "PUT") return NOT_FOUND
    const { capture = "auto", customerId = "", money = NO_MONEY, token = "" } = JSON.parse(body) as Body
    const outcome = await till.confirm({ key: ref, ref, attempt: number, token, money, customerId, capture })
    return outcome === null ? null : said(outcome)
  }

  return {
    serve: async (asked) => {
      if (asked.path === "/v1/charges" && asked.method === "GET") {
        const { charges, next } = till.list(Number(asked.query.get("since")), asked.query.get("after"))
        return { status: 200, body: { charges: charges.map(({ ref: _, ...charge }) => charge), next } }
      }
      const [, ref, what, which] =
        /^\/v1\/charges\/([^/]+)(?:\/(attempts|captures|refunds)\/([^/]+))?$/.exec(asked.path) ?? []
      if (ref === undefined) return NOT_FOUND
      if (what === "attempts") return attempt(asked, ref, Number(which))
      if (what === "captures" && asked.method === "PUT") return said(till.capture(ref))
      if (what === "refunds" && asked.method === "PUT") {
        const { _tag } = till.refund(ref)
        if (_tag === "Absent") return said(ABSENT)
        return _tag === "Refunded"
          ? { status: 200, body: { state: "refunded" } }
          : { status: 202, body: { state: "pending" } }
      }
      if (what !== undefined || asked.method !== "DELETE") return NOT_FOUND
      const { _tag } = till.void(ref)
      return { status: _tag === "Voided" ? 200 : 409, body: { state: WORDS[_tag] } }
    },
    news: (ref) => {
      const { attempt = 0, state = "open" } = till.account(ref) ?? {}
      return { id: `${ref}-${attempt}-${state}`, type: "charge.changed", key: ref, at: new Date().toISOString() }
    },
    signatureHeader: "payment-signature",
  }
}
