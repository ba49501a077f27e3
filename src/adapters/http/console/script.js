// The console: asks once a second what is new, and draws it. Rests while its tab is hidden. Everything that comes from the service is put
// into the page as text, never as markup.
"use strict"

const HOUR = 3600
const $ = (id) => document.getElementById(id)

const element = (name, text = "", className = "") => {
  const made = document.createElement(name)
  if (text !== "") made.textContent = text
  if (className !== "") made.className = className
  return made
}

const row = (...cells) => {
  const made = element("tr")
  for (const cell of cells) made.append(cell)
  return made
}
const cell = (text, className = "") => element("td", text, className)
const number = (text) => cell(text, "number")

const short = (value) => {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)}k`
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1)
}
const ms = (value) => (value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${short(value)} ms`)
const seconds = (value) => (value >= 60 ? `${Math.round(value / 60)} min` : `${short(value)} s`)
const clock = (text) => new Date(text).toLocaleTimeString()

// What is shown of each second: [series, title, how its number is written, from where on it is bad].
const TILES = [
  ["orders", "orders/s", short, null],
  ["units", "units paid for/s", short, null],
  ["soldOut", "sold out/s", short, null],
  ["placingP50", "placing, half of all", ms, null],
  ["placingP99", "placing, 99 of 100", ms, 2500],
  ["answers", "answers/s", short, null],
  ["errors", "errors (5xx)/s", short, 1],
  ["mailboxWait", "wait in a mailbox", ms, 50],
  ["mailboxDepth", "commands under way", short, null],
  ["batch", "decisions a commit", short, null],
  ["commit", "a commit", ms, 1000],
  ["relayed", "facts relayed/s", short, null],
  ["outboxRows", "facts waiting", short, null],
  ["outboxAge", "oldest fact", seconds, 60],
  ["consumerLag", "consumers behind", seconds, 60],
  ["deadLetters", "dead letters", short, 1],
  ["holds", "holds that live", short, null],
  ["chargeAge", "oldest open charge", seconds, 300],
  ["busiest", "busiest thread", (value) => `${Math.round(value * 100)} %`, null],
]

const curves = new Map()
const SVG = "http://www.w3.org/2000/svg"

const tile = ([series, title, write, bad]) => {
  const box = element("div", "", "tile")
  const value = element("b", "–")
  const svg = document.createElementNS(SVG, "svg")
  svg.setAttribute("preserveAspectRatio", "none")
  svg.setAttribute("aria-hidden", "true")
  const line = document.createElementNS(SVG, "polyline")
  svg.append(line)
  box.append(element("h3", title), value, svg)
  box.dataset.series = series
  curves.set(series, [])
  return { box, series, write, bad, value, svg, line }
}

const tiles = TILES.map(tile)
$("tiles").append(...tiles.map(({ box }) => box))

const draw = () => {
  const span = Number($("span").value)
  for (const { bad, line, series, svg, value, write } of tiles) {
    const shown = curves.get(series).slice(-span)
    const last = shown.at(-1)
    value.textContent = last === undefined ? "–" : write(last)
    const isBad = bad !== null && last >= bad
    value.className = isBad ? "ill" : ""
    line.setAttribute("class", isBad ? "ill-curve" : "")
    const top = Math.max(...shown, 1e-9)
    svg.setAttribute("viewBox", `0 0 ${Math.max(1, shown.length - 1)} 100`)
    line.setAttribute("points", shown.map((each, index) => `${index},${(98 - (each / top) * 94).toFixed(1)}`).join(" "))
  }
}

const problemOf = async (response) => {
  const body = await response.json().catch(() => ({}))
  return `${response.status} ${body.detail ?? body.title ?? ""}`
}

const get = async (path) => {
  const response = await fetch(path)
  if (!response.ok) throw new Error(await problemOf(response))
  return response.json()
}

const post = async (path, body) => {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(await problemOf(response))
  return response.json()
}

// The light

const light = (text, className) => {
  const shown = $("light")
  // Said anew only when it changes: it is read aloud.
  if (shown.textContent !== text) shown.textContent = text
  shown.className = `light ${className}`
  document.title = `${className === "well" ? "" : "! "}Jaego`
}

const judge = (view) => {
  const failing = view.parts.filter(({ state }) => state === "failing").map(({ name }) => name)
  if (view.state !== "ready") return light(view.state === "standby" ? "stands by" : view.state, "warn")
  if (!view.isLeaseFresh) return light("the database does not answer", "ill")
  if (view.paused.some(({ scope }) => scope === "all")) return light("paused by an operator", "warn")
  if (failing.length > 0) return light(`sells; failing: ${failing.join(", ")}`, "ill")
  light("sells", "well")
}

// The books: what the audit says. How old that is changes every second, and is not read aloud.

const BEHIND = 60

const say = (text, className, when = "") => {
  const shown = $("books-say")
  if (shown.textContent !== text) shown.textContent = text
  $("books-when").textContent = when
  $("books").className = `light ${className}`
}

const showBooks = ({ audit }) => {
  const lines = audit?.lines ?? []
  const list = $("differing")
  if (list.textContent !== lines.join("")) list.replaceChildren(...lines.map((line) => element("li", line)))
  $("differences").hidden = lines.length === 0
  if (audit === null) return say("books: not audited here", "quiet")
  const when = `checked ${seconds(Math.round(audit.lagSeconds))} ago`
  if (audit.differences > 0 || audit.oversoldUnits > 0) {
    const oversold = audit.oversoldUnits > 0 ? `, ${audit.oversoldUnits} units oversold` : ""
    return say(`books differ in ${audit.differences} ${audit.differences === 1 ? "place" : "places"}${oversold}`, "ill", when)
  }
  if (audit.lagSeconds > BEHIND) return say("books: the audit is behind", "quiet", when)
  say("books agree", "well", when)
}

// Products, parts, threads

const names = new Map()
const nameOf = (id) => {
  if (!names.has(id)) {
    names.set(id, id)
    get(`/v1/products/${encodeURIComponent(id)}`).then(
      ({ name }) => names.set(id, name),
      () => names.delete(id),
    )
  }
  return names.get(id)
}

/** Replaces the rows, unless the keyboard is in them. On a phone each cell says itself which column it is of. */
const rows = (id, made) => {
  const body = $(id)
  if (body.contains(document.activeElement)) return
  const heads = [...body.parentElement.querySelectorAll("th")]
  for (const { cells } of made)
    for (const [index, each] of [...cells].entries())
      if (heads[index].querySelector(".hidden") === null) each.dataset.label = heads[index].textContent
  const none = cell("none", "quiet")
  none.colSpan = heads.length
  body.replaceChildren(...(made.length > 0 ? made : [row(none)]))
}

const showProducts = ({ hottest, paused }) => {
  const isPaused = new Set(paused.map(({ productId }) => productId))
  rows(
    "hottest",
    hottest.map(({ available, productId, units }) => {
      const button = element("button", isPaused.has(productId) ? "paused" : "pause ...")
      button.disabled = isPaused.has(productId)
      button.setAttribute("aria-label", `pause ${nameOf(productId)}`)
      button.addEventListener("click", () => {
        $("scope").value = productId
        $("reason").focus()
      })
      const last = element("td")
      last.append(button)
      return row(cell(nameOf(productId)), number(short(units)), number(available > 0 ? short(available) : "sold out"), last)
    }),
  )
}

const showParts = ({ dependencies, parts }) => {
  const breakers = dependencies.map(({ breaker, inFlight, name, queued }) => {
    const state = breaker.state === "closed" ? "ok" : `circuit ${breaker.state}`
    const share = `${Math.round(breaker.failureRate * 100)} % of ${breaker.recentCalls} calls failed`
    const said = `${share}, ${inFlight} under way, ${queued} queued${breaker.order.mode === "auto" ? "" : `; ordered ${breaker.order.mode}: ${breaker.order.reason}`}`
    return row(cell(name), cell(state, breaker.state === "closed" ? "well" : "ill"), cell(""), cell(said))
  })
  const others = parts
    .filter(({ name }) => !name.startsWith("dependency "))
    .map(({ detail, name, since, state }) =>
      row(cell(name), cell(state, state === "ok" ? "well" : "ill"), cell(clock(since)), cell(detail ?? "")),
    )
  rows("states", [...breakers, ...others])
}

const showThreads = ({ threads }) =>
  rows(
    "thread-rows",
    threads.map(({ busy, delayMs, heapBytes, name }) =>
      row(cell(name), number(`${Math.round(busy * 100)} %`), number(delayMs.toFixed(1)), number((heapBytes / 2 ** 20).toFixed(0))),
    ),
  )

// Orders

const money = ({ amount, currency }) => {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency })
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits)
}

const pendingOf = (order) => {
  const found = []
  if (order.status === "reserved") found.push(`to be paid until ${clock(order.expiresAt)}`)
  const { payment, refund } = order
  if (payment?.status === "pending") found.push(`the payment provider has not answered; attempt ${payment.attempts}`)
  if (payment?.status === "action-required") found.push(`the buyer has to act: ${payment.action?.kind ?? ""}`)
  if (payment?.eta !== undefined) found.push(`charged at about ${clock(payment.eta)}`)
  if (refund !== undefined && refund.due > refund.done) found.push(`${refund.due - refund.done} are to be refunded`)
  if (order.status === "paid") found.push("to be handed to the carrier")
  return found
}

const showOrder = async (order) => {
  const article = element("article")
  article.append(element("h3", `${order.status}: ${money(order.total)}`))
  const facts = element("p")
  facts.append(element("code", order.id), ` of ${order.customerId}, placed ${new Date(order.createdAt).toLocaleString()}`)
  article.append(facts)
  if (order.cancelReason) article.append(element("p", `Cancelled: ${order.cancelReason}`))
  const pending = pendingOf(order)
  article.append(element("p", pending.length > 0 ? `Pending: ${pending.join("; ")}.` : "Nothing is pending.", pending.length > 0 ? "warn" : "quiet"))
  const timeline = await get(`/v1/orders/${order.id}/timeline`).catch(() => ({ data: [] }))
  const list = element("ol")
  for (const { at, type } of timeline.data) list.append(element("li", `${new Date(at).toLocaleTimeString()} ${type}`))
  article.append(list)
  return article
}

// By its id; by the key it was placed under; or all of a customer's. What is typed may be any of them.
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const SHOWN_MAX = 10

const KEY = /^[!-+\--~]([ -+\--~]*[!-+\--~])?$/

const find = async (wanted) => {
  const byId = ID.test(wanted) ? await get(`/v1/orders/${wanted}`).catch(() => null) : null
  if (byId !== null) return [byId]
  const [ofKey, ofCustomer] = await Promise.all([
    KEY.test(wanted) ? get(`/v1/admin/orders?idempotencyKey=${encodeURIComponent(wanted)}`) : { data: [] },
    wanted.length <= 200 ? get(`/v1/orders?customerId=${encodeURIComponent(wanted)}&limit=${SHOWN_MAX}`) : { data: [] },
  ])
  const ids = new Set([...ofKey.data, ...ofCustomer.data].map(({ id }) => id))
  return Promise.all(Array.from(ids, (id) => get(`/v1/orders/${id}`)))
}

$("find").addEventListener("submit", async (event) => {
  event.preventDefault()
  const wanted = $("wanted").value.trim()
  try {
    const orders = await find(wanted)
    $("found").replaceChildren(
      ...(orders.length > 0 ? await Promise.all(orders.map(showOrder)) : [element("p", "No order has that id or key, and no customer of that name has any.")]),
    )
  } catch (error) {
    $("found").replaceChildren(element("p", error.message, "ill"))
  }
})

// Dead letters

const LETTERS_EVERY_MS = 5000
let lettersAt = 0
let hasLetters = false
let isReplaying = false

const moment = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "short", timeStyle: "medium" })

const replayGroup = async ({ consumer, kind }) => {
  const said = $("letters-said")
  isReplaying = true
  let [handled, stays, why] = [0, 0, null]
  try {
    for (let hasMore = true; hasMore; ) {
      said.textContent = handled === 0 ? "handling them once more ..." : `${handled} handled, and on ...`
      const done = await post("/v1/admin/dead-letters/replay", { consumer, kind })
      handled += done.handled
      stays = done.stays
      why = done.why
      hasMore = done.hasMore && done.handled > 0
    }
    said.textContent = `${handled} handled, ${stays} ${stays === 1 ? "stays" : "stay"}${why === null ? "" : `: ${why}`}`
  } catch (error) {
    said.textContent = error.message
  } finally {
    isReplaying = false
    lettersAt = 0
  }
}

const showGroups = (groups) => {
  hasLetters = groups.length > 0
  rows(
    "letter-rows",
    groups.map((group) => {
      const button = element("button", "Replay")
      button.setAttribute("aria-label", `replay ${group.poison} of ${group.consumer}: ${group.error}`)
      button.addEventListener("click", () => {
        button.blur()
        replayGroup(group)
      })
      const last = element("td")
      last.append(button)
      const wrong = cell(group.error, "words")
      wrong.append(element("small", `jaego dlq show ${group.letter}`))
      return row(cell(group.consumer), wrong, number(short(group.poison)), number(short(group.queued)), cell(moment(group.since)), last)
    }),
  )
}

/** Asked for only while there are some: it is not for nothing. */
const showLetters = async () => {
  const parked = curves.get("deadLetters").at(-1) ?? 0
  if (isReplaying || Date.now() - lettersAt < LETTERS_EVERY_MS) return
  lettersAt = Date.now()
  showGroups(parked > 0 || hasLetters ? (await get("/v1/admin/dead-letters")).data : [])
}

// Pauses

const order = async (path, body) => {
  try {
    await post(path, body)
    $("pause-said").textContent = ""
    await look()
  } catch (error) {
    $("pause-said").textContent = error.message
  }
}

const scopeOf = (productId) => (productId === null ? { scope: "all" } : { scope: "product", productId })

const showPauses = ({ paused }) => {
  const list = $("paused")
  if (list.contains(document.activeElement) && list.children.length === paused.length) return
  list.replaceChildren(
    ...paused.map(({ productId, reason, since }) => {
      const what = productId === null ? "everything" : nameOf(productId)
      const item = element("li", `${what}, since ${clock(since)}: ${reason} `)
      const button = element("button", "Resume")
      button.setAttribute("aria-label", `resume ${what}`)
      button.addEventListener("click", () => order("/v1/admin/resume", scopeOf(productId)))
      item.append(button)
      return item
    }),
  )
}

$("pause").addEventListener("submit", (event) => {
  event.preventDefault()
  const id = $("scope").value.trim()
  order("/v1/admin/pause", { ...scopeOf(id === "" ? null : id), reason: $("reason").value })
})

// Once a second

let next = 0
let answeredAt = new Date()
let isAsking = false

const take = ({ from, series }) => {
  for (const [name, curve] of curves) {
    // After a rest, or a new start of the service, there may be a gap: what is old goes.
    if (from > next) curve.length = 0
    curve.push(...(series[name] ?? []))
    if (curve.length > HOUR) curve.splice(0, curve.length - HOUR)
  }
  next = from + series.orders.length
}

const look = async () => {
  if (isAsking) return
  isAsking = true
  try {
    const view = await get(`/v1/admin/console?since=${next}`)
    answeredAt = new Date()
    document.querySelector("main").classList.remove("stale")
    if (view.from + view.series.orders.length > 0) take(view)
    for (const show of [judge, showBooks, showProducts, showParts, showThreads, showPauses]) show(view)
    draw()
    await showLetters()
  } catch (error) {
    document.querySelector("main").classList.add("stale")
    say("books: no answer", "quiet")
    light(`no answer since ${answeredAt.toLocaleTimeString()}: ${error.message}`, "ill")
  } finally {
    isAsking = false
  }
}

let timer = null
const rest = () => {
  clearInterval(timer)
  timer = null
}
const wake = () => {
  if (timer !== null) return
  timer = setInterval(look, 1000)
  look()
}
document.addEventListener("visibilitychange", () => (document.hidden ? rest() : wake()))
$("span").addEventListener("change", draw)
wake()
