// What the page does in the browser, without the server: open the reader, copy, save, switch the theme.
window.newsrag = {
  async copyTurn(button) {
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.text);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Your browser does not allow copying here';
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  },

  save(parcel) {
    if (!parcel || !parcel.text) return;
    const address = URL.createObjectURL(new Blob([parcel.text], {type: parcel.type}));
    const link = document.createElement('a');
    link.href = address;
    link.download = parcel.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  },

  // Each browser tab has one conversation open and keeps its id; a new tab begins with the one used last.
  prefix: 'newsrag-conversation-',
  opened() {
    const id = sessionStorage.getItem(this.key) ?? (localStorage.getItem(this.key) ?? '').split(' ')[0];
    sessionStorage.setItem(this.key, id);
    return id;
  },

  open(id) {
    sessionStorage.setItem(this.key, id);
    localStorage.setItem(this.key, `${id} ${Date.now()}`); // other tabs that show it are told
    return id;
  },

  // Earlier releases stored the turns of one conversation in the browser, each under its own key.
  earlier() {
    return Object.keys(localStorage).filter((each) => each.startsWith(`${this.key}/`)).sort();
  },

  filled(given) {
    const all = given.map((each) => {
      if (typeof each !== 'string' || !each.startsWith(this.prefix)) return each;
      this.key = this.index() ? `${this.prefix}${this.index()}` : each;
      const turns = this.earlier().map((one) => localStorage.getItem(one));
      return turns.length ? `[${turns.join()}]` : this.opened();
    });
    return all.length === 1 ? all[0] : all;
  },

  keep(parcel) {
    this.open(JSON.parse(parcel).id);
    this.earlier().forEach((each) => localStorage.removeItem(each));
  },

  // What the transcript does on request: reload the conversation, and show that a turn was lost.
  connect(acts) {
    this.acts = acts;
    let soon = 0;
    window.addEventListener('storage', ({key, newValue}) => {
      if (key !== this.key || !this.opened() || newValue?.split(' ')[0] !== this.opened()) return;
      this.stale = true;
      clearTimeout(soon);
      soon = setTimeout(() => this.renew(), 50);
    });
  },

  // Keep the focus on the arrow that was pressed, or on the other one at the end.
  versionShown() {
    const {number, label} = this.arrow;
    const arrows = `#turn-${number} .versions button:not(:disabled)`;
    (document.querySelector(`${arrows}[aria-label="${label}"]`) ?? document.querySelector(arrows))?.focus();
  },

  working() {
    return document.querySelector('#live .turn.working');
  },

  renew() {
    if (!this.stale || this.working()) return;
    this.stale = false;
    this.acts.renew();
  },

  lost(message) {
    this.message = message;
    this.acts.lost();
  },

  lostTurn() {
    const working = this.working()?.querySelector('.question').textContent;
    const typed = document.querySelector('#question textarea').value;
    const turn = document.createElement('article');
    turn.className = 'turn';
    turn.innerHTML = '<h2 class="question"></h2><p class="trouble" role="alert"></p>';
    turn.firstChild.textContent = working ?? typed;
    turn.lastChild.textContent = this.message;
    sessionStorage.removeItem(this.draft);
    return [turn.outerHTML, {__type__: 'update', submit_btn: true, stop_btn: false, value: typed || working}];
  },

  // Put a question without an answer back into the box, unless something else has been typed there.
  draft: 'newsrag-draft',
  putBack(question) {
    const field = document.querySelector('#question textarea');
    if (!question || field.value) return;
    field.value = question;
    field.dispatchEvent(new Event('input', {bubbles: true}));
  },

  showPanel() {
    document.querySelector('#panel').scrollTo({top: 0});
    if (window.matchMedia('(max-width: 760px)').matches) {
      document.querySelector('#panel').scrollIntoView({behavior: 'smooth'});
    }
  },

  // Gradio listens for responses only while some are due, and misses one that was requested just before it
  // stopped, until the next request. In that case the page sends an empty request ("nudge").
  listening(nudge) {
    const fetched = window.fetch;
    let listens = 0;
    let asked = 0; // time of the last request that was accepted while Gradio was listening
    window.fetch = async (...given) => {
      const address = String(given[0].url ?? given[0]);
      if (/queue.join|component_server/.test(address)) {
        const headers = new Headers(given[1]?.headers);
        headers.set('x-newsrag-index', encodeURIComponent(this.index()));
        given[1] = {...given[1], headers};
      }
      if (address.includes('/queue/join')) {
        const answer = await this.joined(() => fetched(...given));
        asked = listens ? Date.now() : 0;
        return answer;
      }
      if (!address.includes('/queue/data')) return fetched(...given);
      const signal = given[0].signal ?? given[1]?.signal;
      let ended = false;
      const end = () => {
        if (!ended) listens -= 1;
        ended = true;
      };
      listens += 1;
      signal?.addEventListener('abort', () => {
        end();
        if (Date.now() - asked < 1000) setTimeout(() => { if (!listens) nudge(); }, 100);
      });
      const answer = await fetched(...given).catch((error) => {
        if (signal?.aborted) throw error;
        return new Response('', {headers: {'content-type': 'text/event-stream'}}); // which ends at once
      });
      return this.responses(answer, signal, end);
    };
  },

  // Show our own error message if a question could not be sent.
  async joined(send) {
    let status = 502;
    let detail = 'The server cannot be reached. Is it still running?';
    try {
      const answer = await send();
      if (answer.status !== 401) return answer;
      status = 401;
      detail = 'Your session has expired. Reload the page to log in.';
    } catch { /* shown below */ }
    this.lost(detail);
    return new Response(JSON.stringify({detail}), {status, headers: {'content-type': 'application/json'}});
  },

  // Pass responses on as they come. If the server stops before announcing their end, Gradio would wait
  // forever; so end them with an error.
  responses(answer, signal, end) {
    const reader = answer.body.getReader();
    const message = 'The connection was lost. Ask again.';
    const last = [{msg: 'unexpected_error', message, success: false}, {msg: 'close_stream'}];
    const lines = last.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('');
    let complete = false;
    const body = new ReadableStream({
      pull: async (to) => {
        const {done, value} = await reader.read().catch((error) => {
          if (signal?.aborted) throw error;
          return {done: true};
        });
        const text = done ? '' : new TextDecoder().decode(value);
        complete ||= /"msg": ?"close_stream"/.test(text);
        if (!done && !/"msg": ?"unexpected_error"/.test(text)) return to.enqueue(value);
        reader.cancel();
        end();
        const broken = !complete && !signal?.aborted;
        if (broken) to.enqueue(new TextEncoder().encode(lines));
        to.close();
        if (broken && this.working()) this.lost(message);
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return new Response(body, {status: answer.status, headers: answer.headers});
  },

  // Escape leaves the editing of a question. Ignore Enter while one is being answered, as its button is disabled then.
  composer() {
    this.putBack(sessionStorage.getItem(this.draft)); // the page was left before the answer came
    this.ready();
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && event.target.closest('#composer')) document.querySelector('#editing button')?.click();
      const sends = event.key === 'Enter' && !event.shiftKey && event.target.closest('#question');
      if (!sends || !this.working()) return;
      event.preventDefault();
      event.stopPropagation();
    }, true);
  },

  // Scroll the question that is being answered to the top, so that the answer has room to grow.
  asking() {
    const live = document.querySelector('#live');
    const working = this.working()?.querySelector('.question').textContent;
    if (working) sessionStorage.setItem(this.draft, working);
    const {top} = live.getBoundingClientRect();
    if (top < 0 || top > window.innerHeight / 2) live.scrollIntoView({block: 'start'});
  },

  // Focus the question box, unless the reader is elsewhere or a touch keyboard would open.
  ready(always) {
    if (!this.working()) sessionStorage.removeItem(this.draft);
    if (document.querySelector('#live .trouble')) this.putBack(document.querySelector('#live .question')?.textContent);
    this.renew();
    const at = document.activeElement;
    const elsewhere = at && at !== document.body && !at.closest('#composer');
    if (!always && (elsewhere || window.matchMedia('(hover: none)').matches)) return;
    document.querySelector('#question textarea').focus({preventScroll: !always});
  },

  // Open the article when a mark, a card or a title is clicked anywhere in the page.
  reader(element, server, edited) {
    const dialog = element.querySelector('dialog');
    const body = element.querySelector('.reader-body');
    let asked = 0; // number of the latest request; the response to an earlier one may arrive after it
    const open = async ({article, start, end, field}) => {
      const mine = ++asked;
      body.innerHTML = '<p class="quiet">Opening …</p>';
      if (!dialog.open) dialog.showModal();
      let text = '<p class="trouble">The article could not be loaded. Is the server still running?</p>';
      try {
        text = await server.read_article({article, start: Number(start), end: Number(end), field});
      } catch { /* shown below */ }
      if (mine !== asked) return;
      body.innerHTML = text;
      const quote = body.querySelector('#quote');
      if (quote) quote.scrollIntoView({block: 'center'});
      else body.scrollTop = 0;
    };
    const opener = (target) => target?.closest?.('button[data-article]');
    document.addEventListener('click', ({target}) => { if (opener(target)) open(opener(target).dataset); });
    // An answer in progress is redrawn many times a second, sometimes in the middle of a click.
    let pressed = null;
    document.addEventListener('pointerdown', ({target}) => { pressed = opener(target); });
    document.addEventListener('pointerup', ({clientX, clientY}) => {
      const over = opener(document.elementFromPoint(clientX, clientY));
      const same = pressed && over && ['article', 'start', 'end', 'field'].every((name) => pressed.dataset[name] === over.dataset[name]);
      if (same && !pressed.isConnected) open(over.dataset);
      pressed = null;
    });
    body.addEventListener('submit', async (event) => {
      event.preventDefault();
      const form = event.target;
      const given = {...Object.fromEntries(new FormData(form)), article: form.dataset.id};
      const {article, problem} = await server.edit_article(given).catch(() => ({problem: 'The server cannot be reached.'}));
      Object.assign(form.querySelector('[role=alert]'), {className: problem ? 'trouble' : '', textContent: problem ?? ''});
      if (problem) return;
      body.innerHTML = article;
      body.querySelector('.edit summary').focus();
      edited();
    });
    element.querySelector('.reader-close').addEventListener('click', () => dialog.close());
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  },

  // Follow the system's setting, unless the button was used; its choice is remembered.
  masthead(element, nudge, server) {
    this.listening(nudge);
    if (element.querySelector('select')) this.indexes(element, server);
    const key = 'newsrag-theme';
    const apply = (dark) => document.body.classList.toggle('dark', dark);
    const saved = localStorage.getItem(key);
    if (saved) apply(saved === 'dark');
    element.querySelector('.theme-switch').addEventListener('click', () => {
      const dark = !document.body.classList.contains('dark');
      apply(dark);
      localStorage.setItem(key, dark ? 'dark' : 'light');
    });
  },
};
