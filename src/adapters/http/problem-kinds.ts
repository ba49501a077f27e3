/**
 * The kinds of problem: each code with its status, its title, and what a caller can do. Answers, the OpenAPI document and the
 * pages at `/problems/{code}` are made from this table.
 *
 * Law: codes are for ever, callers switch on them; titles and advice are for people.
 */
import type { UnavailableReason } from "../../ports/failures.ts"

const SAME_KEY =
  "Repeat the request with the same Idempotency-Key: it is carried out once, however often it is sent. (What takes no key may be repeated as it is: a reading changes nothing, and an edit whose `If-Match` is answered 412 by then may have been made.)"
const LATER = `Wait for as long as \`Retry-After\` says. ${SAME_KEY}`

export const kinds = {
  "invalid-request": [
    400,
    "The request is not valid",
    "`errors` names each fault by its place: a JSON pointer into the body, or `query/...`, `path/...`, `header/...`. Mend them all and send again.",
  ],
  "malformed-json": [400, "The body is not JSON", "Send one JSON value, in UTF-8."],
  "invalid-cursor": [
    400,
    "The cursor is not valid",
    "Send a `nextCursor` of the same list, unchanged, or none to begin at the newest row.",
  ],
  "invalid-import": [
    400,
    "The text of the import cannot be read",
    "`line` and `column` say where. Nothing of it was applied: mend it, and send all of it again.",
  ],
  "idempotency-key-required": [
    400,
    "An Idempotency-Key header is required",
    "Choose a new key for each thing you want done (a UUID, say), and send the same key when you repeat the request.",
  ],
  "payment-token-required": [
    400,
    "A payment token is required",
    "Name what is to be charged: `payment.token`. This service's payment provider has no default.",
  ],
  "malformed-request": [400, "This is not HTTP as we understand it", "Check the client or the proxy that wrote it."],
  "invalid-signature": [
    401,
    "The signature is not valid",
    "Sign the bytes of the body as they are sent, with the secret that both sides know and the present time.",
  ],
  "payment-declined": [
    402,
    "The payment was declined",
    "The order has ended and its units are for sale again. Place a new order, under a new key, to try another way to pay.",
  ],
  "foreign-origin": [
    403,
    "This web page may not ask here",
    "A browser sent this for a page of another origin. If that page is yours, name its origin in CORS_ORIGINS.",
  ],
  "loopback-only": [
    403,
    "Only peers on this machine may ask this",
    "Ask from the machine (or container) that the service runs on, at its loopback address, and not through a proxy.",
  ],
  "product-not-found": [404, "There is no such product", "Check the id; `GET /v1/products` lists what there is."],
  "order-not-found": [404, "There is no such order", "Check the id; `GET /v1/orders` lists what there is."],
  "import-not-found": [
    404,
    "There is no such import",
    "Check the id. What has ended is kept for as long as IMPORT_RETENTION_HOURS says.",
  ],
  "request-not-found": [
    404,
    "No request of that id was refused of late",
    "Send the `x-request-id` of the answer that refused the order, to the process that gave it. The newest 100,000 refusals are kept until it ends.",
  ],
  "shipment-not-found": [404, "There is no such shipment", "The order is known to no shipment of this shop."],
  "dependency-not-found": [
    404,
    "There is no such dependency",
    "`GET /v1/admin/dependencies` lists those that are guarded.",
  ],
  "thread-not-found": [404, "There is no such thread", "`threads` lists those that there are."],
  "route-not-found": [404, "There is nothing here", "See [/docs](/docs) for what there is."],
  "callbacks-not-configured": [
    404,
    "This service takes no callbacks",
    "Start it with the secret that the sender signs with: CARRIER_WEBHOOK_SECRET, PAYMENT_WEBHOOK_SECRET or STRIPE_WEBHOOK_SECRET.",
  ],
  "method-not-allowed": [405, "This method is not allowed here", "`Allow` lists the methods that are."],
  "request-timeout": [408, "The request took too long to arrive", "Nothing was decided. Send it again, faster."],
  "profile-in-progress": [409, "Another profile is being taken", "Wait until it is done: there is one at a time."],
  "insufficient-stock": [
    409,
    "There is not enough stock",
    "`available` says how many units are left. The key is free: the same request may be tried again.",
  ],
  "purchase-limit-exceeded": [
    409,
    "The customer's purchase limit is exceeded",
    "`remaining` says how many units this customer may still order.",
  ],
  "holds-per-customer": [
    409,
    "The customer has too many unpaid orders of this product",
    "`limit` says how many may be unpaid at once. Pay or cancel one of them, or wait until its hold has ended.",
  ],
  "not-cancellable": [409, "The order can no longer be cancelled", "`orderStatus` says where it stands."],
  "not-payable": [409, "The order cannot be paid", "`orderStatus` says where it stands; `paid` means it has been."],
  "payment-in-progress": [409, "A payment of this order is in progress", "Read the order until its status changes."],
  "idempotency-in-progress": [
    409,
    "A request with this key is in progress",
    "Wait for as long as `Retry-After` says and repeat the request: it gets the answer of the first.",
  ],
  "sku-taken": [
    409,
    "Another product has this SKU",
    "`GET /v1/products?sku=...` reads it. If it is the one you meant to create, it has been created.",
  ],
  "mixed-currencies": [409, "The products are priced in different currencies", "Place one order for each currency."],
  "total-too-large": [409, "The total is too large", "Order less at once."],
  "stock-overflow": [409, "The stock would be too large", "`maximum` says how many units a product may have on hand."],
  "callback-mismatch": [
    409,
    "The callback does not belong to this order",
    "Its tracking id is not that of the order's parcel, or its id was used for something else.",
  ],
  "purchase-limit-fixed": [
    409,
    "The product was sold before, and cannot get or lose a purchase limit now",
    "What customers have bought is counted from the first order on, or never. Change the number of a limit that there is, or sell under a new product.",
  ],
  "product-archived": [
    410,
    "The product is no longer sold",
    "It is archived. Orders that were placed before go on; `PATCH /v1/products/{id}` with `archived: false` sells it again.",
  ],
  "product-changed": [
    412,
    "The product has another version",
    "Read it again (`version` says which one it has), look whether the edit still makes sense, and send it with the new `ETag` in `If-Match`.",
  ],
  "body-too-large": [
    413,
    "The body is too large",
    "A body is at most 64 KiB; that of an import as large as IMPORT_MAX_BYTES says.",
  ],
  "unsupported-media-type": [
    415,
    "The body must be JSON in UTF-8, or rows where they are imported",
    "Send `Content-Type: application/json`, without another charset and without a `Content-Encoding`; to `/v1/imports`, `application/x-ndjson` or `text/csv`.",
  ],
  "expectation-failed": [417, "This expectation cannot be met", "Only `Expect: 100-continue` is known."],
  "foreign-host": [
    421,
    "This host name is not served here",
    "Ask under a name that is the service's own. If the name in `Host` is, name it in ALLOWED_HOSTS.",
  ],
  "idempotency-key-reused": [
    422,
    "The key belongs to another request",
    "A key stands for one request, path and body. Choose a new key for a new one.",
  ],
  "precondition-required": [
    428,
    "An If-Match header is required",
    'Send the `ETag` of the version that you have read (`If-Match: "7"`), so that no edit of another is overwritten unseen; `*` edits whichever there is.',
  ],
  "rate-limited": [
    429,
    "Too many requests",
    `\`RateLimit-Policy\` says how many may come in how many seconds, for a client's address and for a customer. ${LATER}`,
  ],
  "headers-too-large": [431, "The headers are too large", "Headers are at most 16 KiB."],
  "internal-error": [
    500,
    "Something went wrong on our side",
    `The log has the details under the \`requestId\`. ${SAME_KEY}`,
  ],
  "unsupported-transfer-coding": [501, "This transfer coding is not known", "Only `chunked` is."],
  "mailbox-full": [503, "Too many requests for this product", LATER],
  "worker-lost": [503, "The worker of this product was lost", LATER],
  database: [503, "The database cannot be reached", LATER],
  standby: [503, "This instance stands by", `Another instance decides. ${LATER}`],
  starting: [503, "This instance is starting", LATER],
  draining: [503, "This instance is shutting down", LATER],
  "stale-owner": [503, "Another instance has taken over", LATER],
  "hold-lapsed": [503, "The hold lapsed before it was accepted", LATER],
  paused: [503, "An operator has paused this sale", `Reading, paying and cancelling go on. ${LATER}`],
  "payment-backlog": [
    503,
    "More is to be paid than the provider can take in time",
    `The order would not be charged before its hold ends, so no unit was held. ${LATER}`,
  ],
  "deadline-passed": [
    503,
    "The caller's time limit passed",
    `It would not have been answered within its \`Request-Timeout-Ms\`, so it was not begun. ${SAME_KEY}`,
  ],
  contended: [503, "Too many changes of one order at once", LATER],
  overloaded: [503, "The service holds as much as it can", LATER],
} as const satisfies Record<string, readonly [status: number, title: string, advice: string]> &
  Record<UnavailableReason, readonly [503, string, string]>

export type Code = keyof typeof kinds
