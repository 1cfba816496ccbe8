// The other figures, each from its part of the data to what `figureIn` shows.
function lengthsFigure({ data, kind, configuration }) {
  const own = (data.lengths[kind] ?? []).filter((each) => keyOf(each) === configuration.key);
  const name = (each) => `${minutesText(each.from_minutes)} to ${minutesText(each.to_minutes)}`;
  const amounts = own.length ? own[0].rates.map((rate) => rate.budget_amount) : [];
  // Intervals of several lengths at one budget would hide each other.
  const apart = amounts.length > 1 ? (amounts[1] / amounts[0]) ** 0.04 : 1.04, aside = (place) => apart ** (place - (own.length - 1) / 2);
  const traces = own.map((each, place) => {
    const rates = each.rates.filter((rate) => rate.success_rate !== null), colour = LENGTH_COLOURS[place % LENGTH_COLOURS.length];
    return {
      x: rates.map((rate) => rate.budget_amount * aside(place)), y: rates.map((rate) => 100 * rate.success_rate), mode: "lines+markers", name: name(each),
      line: { color: colour, width: 1.8, dash: DASHES[place % DASHES.length] }, marker: { color: colour, size: 7, symbol: SYMBOLS[place % SYMBOLS.length] },
      error_y: { type: "data", symmetric: false, array: rates.map((rate) => 100 * (rate.interval.high - rate.success_rate)), arrayminus: rates.map((rate) => 100 * (rate.success_rate - rate.interval.low)), thickness: 0.8, width: 2, color: colour },
      hovertemplate: `${name(each)}: %{y:.0f} %<extra></extra>`,
    };
  });
  const pad = amounts.length > 1 ? (amounts.at(-1) / amounts[0]) ** 0.06 : 4;
  return {
    traces, caption: `Success against budget by length of task, ${configuration.label}`,
    says: own.length ? `Of ${configuration.label}. Intervals are Wilson's, as if runs were independent; lengths stand side by side at each budget.` : "No run can be read in this unit.",
    layout: layoutOf({
      x: amounts.length ? budgetAxis(kind, data.units, amounts, [amounts[0] / pad, amounts.at(-1) * pad]) : {}, y: { title: "Runs that succeed (%)", range: [-3, 103] },
      showlegend: true, legend: narrow() ? { orientation: "h", y: -0.3 } : { title: { text: "Human time" }, traceorder: "reversed" }, height: 440,
    }),
    heads: ["Length", "Tasks", "Budget", "Runs", "Solved", "Success", "Low", "High"],
    rows: own.flatMap((each) => each.rates.map((rate) => [
      name(each), { text: each.n_tasks, value: each.n_tasks }, { text: budgetText(kind, rate.budget_amount), value: rate.budget_amount }, { text: rate.n_runs, value: rate.n_runs },
      { text: rate.n_success, value: rate.n_success }, { text: percentText(rate.success_rate), value: rate.success_rate },
      { text: percentText(rate.interval?.low), value: rate.interval?.low }, { text: percentText(rate.interval?.high), value: rate.interval?.high },
    ])),
  };
}

function shapeFigure(view, { data, shown }) {
  const { kind } = view;
  const own = data.configurations.map((configuration, place) => ({ configuration, place, shape: view.shapes.find((each) => keyOf(each) === configuration.key) })).filter(({ place, shape }) => shown.has(place) && shape);
  const steps = own.filter(({ shape }) => shape.slopes.length);
  const traces = steps.map(({ configuration, shape }) => ({
    x: shape.slopes.map((each) => Math.sqrt(each.from_amount * each.to_amount)), y: shape.slopes.map((each) => each.slope), mode: "lines+markers", name: configuration.label,
    line: { color: configuration.colour, width: 2 }, marker: { color: configuration.colour, size: 8, symbol: configuration.symbol },
    error_y: { type: "data", symmetric: false, array: shape.slopes.map((each) => (each.interval?.high ?? each.slope) - each.slope), arrayminus: shape.slopes.map((each) => each.slope - (each.interval?.low ?? each.slope)), thickness: 1, width: 3, color: configuration.colour },
    text: shape.slopes.map((each) => `<b>${plain(configuration.label)}</b><br>${budgetText(kind, each.from_amount)} to ${budgetText(kind, each.to_amount)}: ${each.slope.toFixed(2)} (${intervalText(each.interval, (value) => value.toFixed(2))})`), hovertemplate: "%{text}<extra></extra>",
  }));
  const { low, high } = view.window.budgets;
  const level = (y, text) => [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: y, y1: y, line: { color: shade("soft"), width: 1, dash: "dot" } }, { xref: "paper", x: 1, y, text, showarrow: false, xanchor: "right", yanchor: "bottom", font: { size: 11, color: shade("soft") } }];
  const [linear, flat] = [level(1, "linear"), level(0.1, "saturated")];
  const amount = (value) => ({ text: budgetText(kind, value), value });
  const within = (interval) => intervalText(interval, (value) => budgetText(kind, value));
  return {
    traces, caption: "Local slope of the curves", says: steps.length ? "Vertical lines are intervals; each point lies between the two budgets that it compares." : "No curve has enough budgets with a horizon to trust.",
    layout: layoutOf({ x: budgetAxis(kind, data.units, amountsOf(view), [low, high]), y: { title: "Local slope" }, shapes: [linear[0], flat[0]], annotations: [linear[1], flat[1]], height: 400 }),
    heads: ["Configuration", "Slope 1 up to", "Interval", "Sweet spot", "Interval", "Horizon there", "An hour there", "Interval", "Saturated at", "Interval", "Law", "Slopes, budget by budget", "Flags"],
    rows: own.map(({ configuration, shape }) => [
      configuration.label, amount(shape.linear_regime.to_amount), within(shape.linear_regime.to_interval), amount(shape.sweet_spot.budget_amount), within(shape.sweet_spot.budget_interval),
      { text: minutesText(shape.sweet_spot.horizon_minutes), value: shape.sweet_spot.horizon_minutes }, amount(shape.sweet_spot.per_hour), within(shape.sweet_spot.per_hour_interval), amount(shape.saturation.budget_amount), within(shape.saturation.budget_interval),
      shape.laws.best ?? DASH, shape.slopes.map((each) => each.slope.toFixed(2)).join(", ") || DASH,
      [...new Set([...shape.linear_regime.flags, ...shape.sweet_spot.flags, ...shape.saturation.flags, ...shape.laws.flags])].join(", ") || DASH,
    ]),
  };
}

const CHANGES = [["budget", "budget"], ["size", "horizon"], ["share", "share of the human cost"], ["efficiency", "gain at an equal share"], ["inference_scaling", "inference scaling"], ["price", "price"]];

function decompositionFigure({ data, from, to }) {
  const names = [from, to].map((place) => data.configurations[place].label);
  const caption = `What lies between ${names[0]} and ${names[1]}`;
  const told = data.decompositions.find((each) => each.from === from && each.to === to);
  if (!told?.found) return { traces: [], says: from === to ? "Choose two configurations." : told?.complaint ?? "These were not compared.", caption, heads: [], rows: [], layout: {} };
  const { found } = told;
  const known = CHANGES.filter(([name]) => found[name].doublings !== null).toReversed();
  const value = ([name]) => found[name].doublings;
  const end = (side) => known.map((each) => { const other = found[each[0]].interval?.[side]; return other === null || other === undefined ? 0 : Math.abs(other - value(each)); });
  const colours = { budget: "#7f8790", size: "#0072B2", share: "#E69F00", efficiency: "#009E73", inference_scaling: "#D55E00", price: "#CC79A7" };
  const point = (own) => `${usdText(own.budget_usd)} buys ${minutesText(own.horizon_minutes)} at ${shareText(own.cost_ratio)} of the human cost`;
  return {
    traces: [{ type: "bar", orientation: "h", y: known.map(([, text]) => text), x: known.map(value), marker: { color: known.map(([name]) => colours[name]) }, error_x: { type: "data", symmetric: false, array: end("high"), arrayminus: end("low"), color: shade("ink"), thickness: 1.2, width: 4 }, hovertemplate: "%{y}: %{x:.2f} doublings<extra></extra>" }],
    caption, says: `From ${names[0]}, where ${point(found.before_point)}, to ${names[1]}, where ${point(found.after_point)}, at a success rate of 50 % and ${usdText(found.wage_usd_per_hour)}/h.${found.flags.map((flag) => ` ${flag}: ${data.flags[flag] ?? ""}.`).join("")}`,
    layout: layoutOf({ x: { title: "Doublings", zeroline: true, zerolinecolor: shade("ink"), type: "linear" }, y: { title: "", type: "category" }, height: 340 }),
    heads: ["Change", "Doublings", "Low", "High"],
    rows: CHANGES.map(([name, text]) => [text, { text: signedText(found[name].doublings), value: found[name].doublings }, { text: signedText(found[name].interval?.low), value: found[name].interval?.low }, { text: signedText(found[name].interval?.high), value: found[name].interval?.high }]),
  };
}

function spendFigure({ data, by }) {
  const rows = data.spend[by], name = (each) => each.name.filter(Boolean).join(" / ") || "(none)";
  const names = rows.map(name), total = (each) => Object.values(each.usd).reduce((sum, usd) => sum + usd, 0);
  const whole = rows.reduce((sum, each) => sum + total(each), 0), unknown = rows.reduce((sum, each) => sum + each.unknown, 0);
  const spent = Object.entries(data.purposes).map(([purpose, meaning]) => `${purpose} ${usdText(rows.reduce((sum, each) => sum + each.usd[purpose], 0))} (${meaning})`);
  return {
    traces: Object.keys(data.purposes).map((purpose) => ({
      type: "bar", orientation: "h", name: purpose, x: rows.map((each) => each.usd[purpose]), y: names.map(plain), marker: { color: PURPOSE_COLOURS[purpose], line: { color: shade("paper"), width: 1 } },
      hovertemplate: `%{y}<br>${purpose}: $%{x:.4~g}<extra></extra>`,
    })),
    caption: `Dollars spent by ${by}`, says: `${usdText(whole)} in all: ${spent.join("; ")}.${unknown ? ` ${unknown} attempts have a cost that is not wholly known, which is in no sum.` : ""}`,
    layout: layoutOf({ x: { title: "US dollars", tickprefix: "$", rangemode: "tozero" }, y: { title: "", type: "category", autorange: "reversed", tickvals: names.map(plain), ticktext: names.map((each) => plain(briefly(each))) }, barmode: "stack", showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom", traceorder: "normal" }, height: 140 + 30 * rows.length, margin: { l: 10, r: 12, t: 40, b: 10 } }),
    heads: [by, "Attempts", ...Object.keys(data.purposes), "All", "Not wholly known"],
    rows: rows.map((each) => [name(each), { text: each.attempts, value: each.attempts }, ...Object.keys(data.purposes).map((purpose) => ({ text: usdText(each.usd[purpose]), value: each.usd[purpose] })), { text: usdText(total(each)), value: total(each) }, { text: each.unknown, value: each.unknown }]),
  };
}

function suiteFigure(suite) {
  const name = (bar) => `${minutesText(bar.span.low_minutes)}–${minutesText(bar.span.high_minutes)}`;
  return {
    traces: [{ type: "bar", x: suite.bars.map(name), y: suite.bars.map((bar) => bar.tasks), marker: { color: "#0072B2" }, hovertemplate: "%{x}: %{y} tasks<extra></extra>" }],
    caption: `Tasks of ${suite.name} by human time`, says: "Each bar holds tasks from its first length up to its second.",
    layout: layoutOf({ x: { title: "Human time", type: "category", tickangle: -45 }, y: { title: "Tasks" }, height: 280 }),
    heads: ["Human time", "Tasks"], rows: suite.bars.map((bar) => [name(bar), { text: bar.tasks, value: bar.tasks }]),
  };
}
