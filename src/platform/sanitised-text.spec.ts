import { describe, expect, it } from '@jest/globals';
import { sanitised } from './sanitised-text.js';

describe('sanitised text', () => {
  it.each([
    ['  plain name ', 'plain name'],
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['Tom & Jerry', 'Tom &amp; Jerry'],
    ['Tom &amp; Jerry', 'Tom &amp; Jerry'],
    ['a &lt; b &#60; c &#x3c; d', 'a &lt; b &#60; c &#x3c; d'],
    ['& &; &x; &nonsense', '&amp; &amp;; &amp;x; &amp;nonsense'],
  ])('makes the markup of %j harmless', (text, harmless) => {
    expect(sanitised(text, 100)).toBe(harmless);
  });

  it('is not changed by being sanitised again', () => {
    const once = sanitised('<b>R&D</b> &c', 100);
    expect(sanitised(once, 100)).toBe(once);
  });

  it('cuts what was sent, not what became of it', () => {
    expect(sanitised('<<<<', 3)).toBe('&lt;&lt;&lt;');
  });
});
