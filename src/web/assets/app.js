// Progressive enhancement only: every page works without this file.
(function () {
  "use strict";
  var doc = document;
  var root = doc.documentElement;
  root.classList.add("js");

  function all(selector, within) {
    return Array.prototype.slice.call((within || doc).querySelectorAll(selector));
  }

  // One polite voice for everything that a screen reader should hear.
  var voice = null;
  function say(text) {
    if (!voice) {
      voice = doc.createElement("p");
      voice.className = "visually-hidden";
      voice.setAttribute("role", "status");
      doc.body.appendChild(voice);
    }
    voice.textContent = "";
    setTimeout(function () { voice.textContent = text; }, 50);
  }

  // ---- Leave this page ------------------------------------------------------
  var leave = doc.querySelector("[data-leave]");
  if (leave) {
    var go = function () {
      var to = leave.getAttribute("data-href") || leave.href;
      // Show nothing while the neutral page loads.
      try {
        root.classList.add("leaving");
        doc.title = "\u2026";
        doc.body.replaceChildren();
      } catch (e) { /* leave anyway */ }
      location.replace(to);
    };
    leave.addEventListener("click", function (event) {
      event.preventDefault();
      go();
    });
    var presses = [];
    doc.addEventListener("keydown", function (event) {
      if (event.key !== "Shift") { presses = []; return; }
      if (event.repeat) return;
      var now = Date.now();
      presses = presses.filter(function (t) { return now - t < 1000; });
      presses.push(now);
      if (presses.length >= 3) go();
    }, true);
  }

  // ---- Keys: / for search, ? for the list of keys ----------------------------
  var dialog = doc.getElementById("keys");
  var keysBox = dialog && dialog.querySelector("[data-keys-switch]");
  function keysOn() {
    try { return localStorage.getItem("keys") !== "off"; } catch (e) { return true; }
  }
  if (keysBox) {
    keysBox.checked = keysOn();
    keysBox.addEventListener("change", function () {
      try {
        if (keysBox.checked) localStorage.removeItem("keys");
        else localStorage.setItem("keys", "off");
      } catch (e) { /* storage refused: keys stay on */ }
    });
  }
  all("[data-keys-open]").forEach(function (button) {
    if (!dialog || !dialog.showModal) return;
    button.hidden = false;
    button.addEventListener("click", function () { dialog.showModal(); });
  });
  doc.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !keysOn()) return;
    var at = event.target;
    if (at && at.closest && at.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
    if (event.key === "/") {
      var search = doc.querySelector("[data-search], input[type=search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
      if (search.select) search.select();
    } else if (event.key === "?" && dialog && dialog.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
  });

  // ---- Staff menu on a phone --------------------------------------------------
  var menu = doc.querySelector("[data-menu]");
  var nav = menu && doc.getElementById("staff-nav");
  if (nav) {
    menu.setAttribute("role", "button");
    menu.setAttribute("aria-expanded", "false");
    var setMenu = function (open) {
      nav.classList.toggle("is-open", open);
      menu.setAttribute("aria-expanded", open ? "true" : "false");
    };
    menu.addEventListener("click", function (event) {
      event.preventDefault();
      setMenu(menu.getAttribute("aria-expanded") !== "true");
    });
    menu.addEventListener("keydown", function (event) {
      if (event.key === " ") { event.preventDefault(); menu.click(); }
    });
    doc.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && menu.getAttribute("aria-expanded") === "true") {
        setMenu(false);
        menu.focus();
      }
    });
  }

  // ---- Error summary: take the reader to it ------------------------------------
  var summary = doc.querySelector("[data-error-summary]");
  if (summary) summary.focus();

  // ---- Copy buttons --------------------------------------------------------------
  function copyText(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    return new Promise(function (resolve, reject) {
      var area = doc.createElement("textarea");
      area.value = text;
      area.className = "visually-hidden";
      doc.body.appendChild(area);
      area.select();
      var done = doc.execCommand("copy");
      area.remove();
      if (done) resolve(); else reject(new Error("copy refused"));
    });
  }
  function setUpCopy(within) {
    all("[data-copy]", within).forEach(function (button) {
      button.hidden = false;
    });
  }
  setUpCopy(doc);
  doc.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-copy]");
    if (!button) return;
    var source = doc.getElementById(button.getAttribute("data-copy"));
    if (!source) return;
    copyText("value" in source ? source.value : source.textContent).then(function () {
      var label = button.querySelector("[data-copy-label]") || button;
      var before = button.getAttribute("data-before") || label.textContent;
      var after = button.getAttribute("data-copied") || "Copied";
      button.setAttribute("data-before", before);
      label.textContent = after;
      say(after);
      setTimeout(function () { label.textContent = before; }, 2000);
    }, function () {
      var range = doc.createRange();
      range.selectNodeContents(source);
      var selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
    });
  });

  // ---- Select all ---------------------------------------------------------------
  // <input type="checkbox" data-select-all="NAME"> rules the checkboxes of that name in its form, or in its page.
  all("[data-select-all]").forEach(function (master) {
    var name = master.getAttribute("data-select-all");
    var holder = master.closest("[data-select-all-wrap]");
    var scope = master.form || doc;
    var boxes = function () {
      var list = scope.elements ? Array.prototype.slice.call(scope.elements) : all("input");
      return list.filter(function (el) {
        return el.type === "checkbox" && el.name === name && !el.disabled && el !== master;
      });
    };
    var show = function () {
      var list = boxes();
      var on = list.filter(function (b) { return b.checked; }).length;
      master.checked = list.length > 0 && on === list.length;
      master.indeterminate = on > 0 && on < list.length;
      all('[data-selected-count="' + name + '"]').forEach(function (el) { el.textContent = String(on); });
    };
    if (holder) holder.hidden = false;
    master.hidden = false;
    master.addEventListener("change", function () {
      boxes().forEach(function (b) { b.checked = master.checked; });
      show();
    });
    scope.addEventListener("change", function (event) {
      if (event.target !== master) show();
    });
    show();
  });

  // ---- Selects and checkboxes that apply at once: <select data-auto-submit> ------
  all("[data-auto-submit]").forEach(function (control) {
    control.addEventListener("change", function () {
      if (control.form && control.form.requestSubmit) control.form.requestSubmit();
    });
  });

  // ---- Characters left: <textarea maxlength data-count="ID of the element that shows it"> ----
  all("[data-count]").forEach(function (control) {
    var out = doc.getElementById(control.getAttribute("data-count"));
    if (!out || control.maxLength < 0) return;
    var count = function () { out.textContent = String(control.maxLength - control.value.length); };
    control.addEventListener("input", count);
    count();
  });

  // ---- One of the suggested amounts, or one's own ------------------------------------
  // <div data-own-amount="NAME">: radio buttons of that name, and one text field. The one clears the other.
  all("[data-own-amount]").forEach(function (group) {
    var own = group.querySelector("input[type=text]");
    var radios = all('input[type=radio][name="' + group.getAttribute("data-own-amount") + '"]', group);
    if (!own) return;
    group.addEventListener("change", function (event) {
      if (radios.indexOf(event.target) >= 0) own.value = "";
    });
    own.addEventListener("input", function () {
      if (own.value) radios.forEach(function (radio) { radio.checked = false; });
    });
  });

  // ---- A write is sent once -------------------------------------------------------
  doc.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.method.toLowerCase() !== "post" || form.hasAttribute("data-resubmit")) return;
    if (form.getAttribute("data-sent")) { event.preventDefault(); return; }
    form.setAttribute("data-sent", "1");
    // After the data set is made, so that the pressed button's own name and value are sent.
    setTimeout(function () { lock(form, true); }, 0);
    setTimeout(function () { lock(form, false); }, 15000);
  });
  function lock(form, on) {
    if (!on) form.removeAttribute("data-sent");
    all("button, input[type=submit]", form).forEach(function (button) {
      if (button.type !== "submit") return;
      if (on && !button.disabled) { button.disabled = true; button.setAttribute("data-locked", ""); }
      if (!on && button.hasAttribute("data-locked")) { button.disabled = false; button.removeAttribute("data-locked"); }
    });
  }
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) all("form[data-sent]").forEach(function (form) { lock(form, false); });
  });

  // ---- Live regions -----------------------------------------------------------------
  // <div data-live="/url/of/the/fragment" data-live-every="2">…</div>
  // With data-live-events="/url/of/events" the server tells (server-sent events: progress with the fragment, done); it is
  // asked only if that fails. The fragment has one root element. With data-live-done on it, updating stops
  // (data-live-done="reload" loads the page afresh). [data-live-say] inside is read out, at most every ten seconds.
  all("[data-live]").forEach(function (region) {
    var url = region.getAttribute("data-live");
    var every = Math.max(1, Number(region.getAttribute("data-live-every")) || 2) * 1000;
    var last = null;
    var said = "";
    var saidAt = 0;
    var failures = 0;
    all("[data-live-manual]").forEach(function (el) { el.hidden = true; });

    function finished() {
      var first = region.firstElementChild;
      return first && first.hasAttribute("data-live-done") ? first : null;
    }
    function put(html) {
      if (html === last) return;
      last = html;
      var open = all("details[open][id]", region).map(function (el) { return el.id; });
      var focused = region.contains(doc.activeElement) ? doc.activeElement.id : "";
      region.innerHTML = html;
      open.forEach(function (id) {
        var el = doc.getElementById(id);
        if (el) el.open = true;
      });
      if (focused) {
        var again = doc.getElementById(focused);
        if (again) again.focus({ preventScroll: true });
      }
      setUpCopy(region);
    }
    function speak(now) {
      var source = region.querySelector("[data-live-say]");
      var text = source ? source.textContent.replace(/\s+/g, " ").trim() : "";
      if (!text || text === said || (!now && Date.now() - saidAt < 10000)) return;
      said = text;
      saidAt = Date.now();
      say(text);
    }
    function later() { setTimeout(tick, every * Math.min(1 + failures, 10)); }
    function tick() {
      if (!region.isConnected) return;
      if (doc.hidden) { later(); return; }
      fetch(url, { credentials: "same-origin", headers: { "X-Fragment": "1" }, cache: "no-store" }).then(function (answer) {
        if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
        return answer.text();
      }).then(function (html) {
        fresh();
        put(html);
        var end = finished();
        speak(Boolean(end));
        if (end) {
          if (end.getAttribute("data-live-done") === "reload") location.reload();
          return;
        }
        later();
      }).catch(function () {
        failures += 1;
        if (failures === 3) {
          region.classList.add("is-stale");
          all("[data-live-manual]").forEach(function (el) { el.hidden = false; });
        }
        later();
      });
    }
    // ---- Told by the server
    var source = null;
    var broken = 0;
    function fresh() {
      failures = 0;
      region.classList.remove("is-stale");
      all("[data-live-manual]").forEach(function (el) { el.hidden = true; });
    }
    function listen() {
      source = new EventSource(region.getAttribute("data-live-events"));
      source.addEventListener("progress", function (event) {
        broken = 0;
        fresh();
        put(event.data);
        speak(Boolean(finished()));
      });
      source.addEventListener("done", function () {
        stop();
        location.reload();
      });
      source.addEventListener("error", function () {
        broken += 1;
        // The browser tries again by itself, unless it was refused.
        if (source && source.readyState !== EventSource.CLOSED && broken < 3) return;
        stop();
        events = false;
        later();
      });
    }
    function stop() {
      if (source) source.close();
      source = null;
    }
    var events = Boolean(region.getAttribute("data-live-events")) && "EventSource" in window;
    if (finished()) return;
    if (!events) { later(); return; }
    if (!doc.hidden) listen();
    // A browser keeps few connections to a server: a page that nobody looks at holds none.
    doc.addEventListener("visibilitychange", function () {
      if (!events) return;
      if (doc.hidden) stop();
      else if (!source && region.isConnected) listen();
    });
    window.addEventListener("pagehide", stop);
    window.addEventListener("pageshow", function (event) {
      if (event.persisted && events && !source && !doc.hidden) listen();
    });
  });

  // ---- Previews ---------------------------------------------------------------------
  // <div data-preview="/url"> inside a form: shows what the URL makes of the form's fields, a moment after typing.
  // Without script the form has a Preview button.
  all("form [data-preview]").forEach(function (region) {
    var form = region.closest("form");
    var waiting = null;
    var asked = 0;
    function show() {
      var mine = ++asked;
      fetch(region.getAttribute("data-preview"), {
        method: "POST",
        credentials: "same-origin",
        headers: { "X-Fragment": "1" },
        body: new URLSearchParams(new FormData(form))
      }).then(function (answer) {
        if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
        return answer.text();
      }).then(function (html) {
        if (mine === asked) region.innerHTML = html;
      }).catch(function () { /* the button still works */ });
    }
    form.addEventListener("input", function () {
      clearTimeout(waiting);
      waiting = setTimeout(show, 600);
    });
    var body = form.querySelector("textarea");
    if (body && body.value) show();
  });
})();
