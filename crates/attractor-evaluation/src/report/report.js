'use strict';
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const open = (element) => {
    for (let at = element; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  };

  // A segment of the bar shows the figures behind it.
  for (const segment of all('.segment[aria-controls]')) {
    const list = document.getElementById(segment.getAttribute('aria-controls'));
    segment.addEventListener('click', () => { list.open = !list.open; });
    list.addEventListener('toggle', () => segment.setAttribute('aria-expanded', list.open));
  }
  for (const segment of all('.segment[data-all]')) {
    segment.addEventListener('click', () => {
      const lists = all(`.found[data-class="${segment.dataset.all}"]`);
      lists.forEach((list) => { list.open = true; });
      lists[0]?.scrollIntoView({ block: 'center' });
    });
  }
  const follow = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target) { open(target); target.scrollIntoView({ block: 'center', inline: 'center' }); }
  };
  addEventListener('hashchange', follow);
  if (location.hash) follow();

  // Sorting: numbers by their value, names by letters; what is missing stays below.
  for (const button of all('.sort')) {
    button.addEventListener('click', () => {
      const head = button.parentElement;
      const column = [...head.parentElement.children].indexOf(head);
      const falls = head.getAttribute('aria-sort') !== 'descending' && column > 0;
      all('[aria-sort]', head.parentElement).forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', falls ? 'descending' : 'ascending');
      const body = head.closest('table').tBodies[0];
      const key = (row) => {
        const cell = row.children[column];
        return column === 0 ? cell.textContent : cell.dataset.v === undefined ? NaN : Number(cell.dataset.v);
      };
      const order = (a, b) => {
        const [x, y] = [key(a), key(b)];
        if (column === 0) return x.localeCompare(y);
        if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
        return falls ? y - x : x - y;
      };
      body.append(...[...body.rows].sort(order));
    });
  }
  for (const input of all('[data-filter]')) {
    input.addEventListener('input', () => {
      const box = input.closest('.heat');
      const text = (box.querySelector('[data-filter=text]')?.value ?? '').toLowerCase();
      const family = box.querySelector('[data-filter=family]')?.value ?? '';
      for (const row of box.querySelector('tbody').rows) {
        const fits = row.cells[0].textContent.toLowerCase().includes(text);
        row.hidden = !fits || (family !== '' && row.dataset.family !== family);
      }
    });
  }

  // Pictures: which cue, and one cell in full.
  const place = (picture, index, state) => {
    const across = Number(getComputedStyle(picture).getPropertyValue('--across'));
    picture.style.setProperty('--x', index % across);
    picture.style.setProperty('--y', Math.floor(index / across));
    picture.classList.remove('right', 'wrong', 'rejected');
    if (state) picture.classList.add(state);
  };
  const listed = (text) => (text ? text.split(',') : []);
  for (const button of all('[data-cue]')) {
    button.addEventListener('click', () => {
      const figure = button.closest('figure');
      all('[data-cue]', figure).forEach((other) => other.setAttribute('aria-pressed', other === button));
      for (const picture of all('.pic', figure)) {
        const [at, is] = [listed(picture.dataset.at), listed(picture.dataset.is)];
        const cue = Math.min(Number(button.dataset.cue), at.length - 1);
        place(picture, Number(at[cue]), is[cue]);
      }
    });
  }
  const closer = document.getElementById('closer');
  const body = document.getElementById('closer-body');
  for (const picture of all('button.pic')) {
    picture.addEventListener('click', () => {
      document.getElementById('closer-title').textContent = picture.getAttribute('aria-label').split(':')[0];
      body.className = `of-${picture.closest('figure').id}`;
      const table = document.createElement('table');
      closer.showModal();
      body.replaceChildren(table);
      for (const line of picture.dataset.panel.split(';')) {
        const cut = line.lastIndexOf(':');
        const row = table.insertRow();
        const name = row.appendChild(document.createElement('th'));
        name.textContent = line.slice(0, cut);
        listed(line.slice(cut + 1)).forEach((index, cue) => {
          const shown = row.insertCell().appendChild(document.createElement('span'));
          shown.className = 'pic';
          const state = name.textContent === 'recalled' ? listed(picture.dataset.is)[cue] : '';
          place(shown, Number(index), state);
          shown.title = state;
        });
      }
    });
  }

  // Downloads.
  const save = (name, type, text) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const NS = 'http://www.w3.org/2000/svg';
  const sheet = () => {
    const style = document.createElementNS(NS, 'style');
    style.textContent = document.querySelector('style').textContent.match(/\.attractor-chart\{color:.*/)[0];
    return style;
  };
  const drawn = (svg) => {
    const copy = svg.cloneNode(true);
    copy.prepend(sheet());
    return new XMLSerializer().serializeToString(copy);
  };
  const said = (cell) => {
    const picture = cell.querySelector('.pic');
    if (picture) return ['right', 'wrong', 'rejected'].find((state) => picture.classList.contains(state)) ?? '';
    return cell.dataset.v ?? cell.innerText.trim().replace(/\s+/g, ' ');
  };
  const csvOf = (table) => [...table.rows]
    .map((row) => [...row.cells].map((cell) => `"${said(cell).replace(/"/g, '""')}"`).join(','))
    .join('\n');
  // A table as it stands on the page.
  const svgOf = (table) => {
    const svg = document.createElementNS(NS, 'svg');
    const add = (name, values, text) => {
      const element = svg.appendChild(document.createElementNS(NS, name));
      for (const key in values) element.setAttribute(key, values[key]);
      if (text) element.textContent = text;
      return element;
    };
    const box = table.getBoundingClientRect();
    svg.setAttribute('viewBox', `0 0 ${box.width} ${box.height}`);
    svg.setAttribute('font-family', 'system-ui, sans-serif');
    svg.setAttribute('font-size', '13');
    add('rect', { width: '100%', height: '100%', fill: getComputedStyle(document.body).backgroundColor });
    const first = table.querySelector('.pic');
    const href = first && getComputedStyle(first).backgroundImage.slice(5, -2);
    if (href) add('defs', {}).innerHTML = `<image id="all" href="${href}" style="image-rendering:pixelated"/>`;
    for (const cell of all('th,td', table)) {
      const at = cell.getBoundingClientRect();
      const [x, y] = [at.left - box.left, at.top - box.top];
      const style = getComputedStyle(cell);
      add('rect', { x, y, width: at.width, height: at.height, fill: style.backgroundColor });
      const picture = cell.querySelector('.pic');
      if (picture) {
        const [look, own] = [getComputedStyle(picture), picture.getBoundingClientRect()];
        const value = (name) => Number(look.getPropertyValue(name));
        const [w, h] = [own.width, own.height];
        const inner = add('svg', { x: own.left - box.left, y: own.top - box.top, width: w, height: h,
          viewBox: `${value('--x') * w} ${value('--y') * h} ${w} ${h}` });
        inner.innerHTML = `<use href="#all" transform="scale(${(w * value('--across')) / SPRITE.get(href)})"/>`;
        const stroke = look.outlineStyle === 'none' ? 'none' : look.outlineColor;
        add('rect', { x: own.left - box.left, y: own.top - box.top, width: w, height: h, fill: 'none', stroke,
          'stroke-width': 3, 'stroke-dasharray': look.outlineStyle === 'dashed' ? '6 4' : 'none' });
      } else {
        const lines = cell.innerText.split('\n').filter((line) => line.trim());
        const end = style.textAlign === 'right' || style.textAlign === 'end';
        lines.forEach((line, index) => add('text', { x: end ? x + at.width - 8 : x + 8, y: y + 18 + 15 * index,
          'text-anchor': end ? 'end' : 'start', fill: style.color }, line.trim()));
      }
    }
    return new XMLSerializer().serializeToString(svg);
  };
  // Widths of sprites, known once they are decoded.
  const SPRITE = new Map();
  const measured = async (table) => {
    const first = table.querySelector('.pic');
    if (!first) return;
    const href = getComputedStyle(first).backgroundImage.slice(5, -2);
    const image = new Image();
    image.src = href;
    await image.decode();
    SPRITE.set(href, image.naturalWidth);
  };
  for (const button of all('[data-get]')) {
    button.setAttribute('aria-label', `Download as ${button.dataset.get.toUpperCase()}`);
    button.addEventListener('click', async () => {
      const [kind, box] = [button.dataset.get, button.closest('figure, .heat')];
      const [table, svg] = [box.querySelector('table'), box.querySelector('svg')];
      const name = `${button.dataset.name}.${kind}`;
      if (kind === 'csv') return save(name, 'text/csv', table ? csvOf(table) : box.dataset.csv);
      if (table) await measured(table);
      return save(name, 'image/svg+xml', table ? svgOf(table) : drawn(svg));
    });
  }

  // What is folded away is printed too.
  let folded = [];
  addEventListener('beforeprint', () => {
    folded = all('article details:not([open])');
    folded.forEach((fold) => { fold.open = true; });
  });
  addEventListener('afterprint', () => folded.forEach((fold) => { fold.open = false; }));
})();
