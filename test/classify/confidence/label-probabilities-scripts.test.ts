import { describe, test } from 'vitest';
import { type Case, check, lost, place, said } from './token-places.js';

describe('other languages and scripts', () => {
  const chinese = ['正面', '负面'];
  const bytesOf = (text: string) => [...Buffer.from(text)];
  const [z1 = 0, z2 = 0, z3 = 0] = bytesOf('正');
  const [f1 = 0, f2 = 0] = bytesOf('负');
  test.each<Case>([
    {
      name: 'German pieces',
      label: 'negativ',
      labels: ['positiv', 'neutral', 'negativ'],
      tokens: [place([' Neg', 0.4], [' neg', 0.1], [' Pos', 0.3], [' Neut', 0.2]), place(['ativ', 0.9])],
      share: 0.5,
    },
    {
      name: 'a sharp s in capitals',
      label: 'spaß',
      labels: ['spaß', 'ernst'],
      tokens: [place(['SPASS', 0.5], ['Spa', 0.2], ['Spaß', 0.1], ['ernst', 0.2])],
      share: 0.8,
    },
    {
      name: 'Chinese words as tokens',
      label: '正面',
      labels: chinese,
      tokens: [place(['正面', 0.6], ['正', 0.2], ['负面', 0.2])],
      share: 0.8,
    },
    {
      name: 'characters cut into bytes',
      label: '正面',
      labels: chinese,
      tokens: [
        place([lost, 0.6, [z1]], [lost, 0.3, [f1]], [lost, 0.1, [0xe7]]),
        place([lost, 0.9, [z2, z3]], [lost, 0.1, [f2]]),
        place(['面', 0.9]),
      ],
      share: 0.6 / 0.9,
    },
    {
      name: 'emoji that differ in their last byte',
      label: '😀',
      labels: ['😀', '😞'],
      tokens: [
        place([lost, 0.9, bytesOf('😀').slice(0, 3)], ['no', 0.1]),
        place([lost, 0.7, bytesOf('😀').slice(3)], [lost, 0.3, bytesOf('😞').slice(3)]),
      ],
      share: 0.7,
    },
    {
      name: 'bytes that the server lost may be of any label: the share is not known',
      label: '正面',
      labels: chinese,
      tokens: [
        {
          token: lost,
          logprob: Math.log(0.5),
          alternatives: [0.5, 0.2, 0.1].map((p) => ({ token: lost, logprob: Math.log(p) })),
        },
        place([lost + lost, 0.9], ['x', 0.1]),
        place(['面', 0.9]),
      ],
      text: '正面',
      share: null,
    },
    {
      name: 'lost bytes that no label has',
      label: 'gut',
      labels: ['gut', 'schlecht'],
      tokens: [place(['gut', 0.6], ['schlecht', 0.2], [lost, 0.2])],
      share: 0.75,
    },
    {
      name: 'pieces of SentencePiece',
      label: 'very positive',
      labels: ['very positive', 'very negative'],
      tokens: [place(['▁very', 1]), place(['▁positive', 0.72], ['▁negative', 0.18], ['▁bad', 0.1])],
      text: 'very positive',
      share: 0.8,
    },
    {
      name: 'bytes of SentencePiece',
      label: '负面',
      labels: chinese,
      tokens: [place(['▁', 1]), place(['<0xE8>', 0.8], ['<0xE6>', 0.2]), ...said('<0xB4>', '<0x9F>', '面')],
      text: '负面',
      share: 0.8,
    },
    {
      name: 'pieces of a byte-level BPE',
      label: '正面',
      labels: chinese,
      tokens: [
        place(['Ċ', 0.9], ['正', 0.1]),
        place(['Ġæ', 0.6], ['Ġè', 0.3], ['Ġthe', 0.1]),
        ...said('ŃŁ', 'éĿ', '¢'),
      ],
      text: '正面',
      share: null,
    },
    {
      name: 'pieces of a byte-level BPE that spell the answer',
      label: '正面',
      labels: chinese,
      tokens: [
        place(['Ċ', 0.9], ['正', 0.1]),
        place(['Ġæ', 0.6], ['Ġè', 0.3], ['Ġthe', 0.1]),
        ...said('Ń', '£', 'éĿ', '¢'),
      ],
      text: '正面',
      share: 0.6 / 0.9,
    },
    {
      name: 'spaces of a byte-level BPE',
      label: 'positive',
      tokens: [place(['Ġpositive', 0.6], ['Ġnegative', 0.3], ['Ġneutral', 0.1])],
      text: 'positive',
      share: 0.6,
    },
    {
      name: 'composed and decomposed accents',
      label: 'négatif',
      labels: ['positif', 'négatif'],
      tokens: [place(['né', 0.4], ['ne\u0301', 0.2], ['NÉ', 0.1], ['po', 0.3]), place(['gatif', 0.9])],
      share: 0.7,
    },
    {
      name: 'an accent that comes after its letter',
      label: 'négatif',
      labels: ['neutre', 'négatif'],
      tokens: [
        place(['ne', 0.8], ['n', 0.02], ['The', 0.18]),
        place(['\u0301', 0.6], [lost, 0.1, [0xcc]], ['utre', 0.3]),
        place(['gatif', 0.9]),
      ],
      share: 0.7,
    },
    {
      name: 'half of an accented letter',
      label: 'négatif',
      labels: ['neutre', 'négatif'],
      tokens: [
        place(['n', 1]),
        place([lost, 0.75, [0xc3]], ['eu', 0.25]),
        place([lost, 0.9, [0xa9]]),
        place(['gatif', 0.9]),
      ],
      share: 0.75,
    },
    {
      name: 'the dots of the Turkish i',
      label: 'iyi',
      labels: ['iyi', 'kötü'],
      tokens: [
        place(['İyi', 0.3], ['iyi', 0.2], ['IYI', 0.1], ['İ', 0.1], [lost, 0.1, [0xc4]], ['KÖTÜ', 0.1], ['kotu', 0.1]),
      ],
      share: 0.8 / 0.9,
    },
    {
      name: 'Greek with its two sigmas',
      label: 'θετικός',
      labels: ['θετικός', 'αρνητικός'],
      tokens: [place(['ΘΕΤΙΚΌΣ', 0.5], ['Θετικό', 0.25], ['ΑΡΝ', 0.25])],
      share: 0.75,
    },
    {
      name: 'letters of full width',
      label: 'positive',
      tokens: [place(['ＰＯＳ', 0.5], ['pos', 0.25], ['ｎｅｇ', 0.25]), place(['ＩＴＩＶＥ', 1])],
      share: 0.75,
    },
    {
      name: 'a word that goes on is another word',
      label: 'gut',
      labels: ['gut', 'schlecht'],
      tokens: [place(['gut', 0.4], ['gute', 0.3], ['gut.', 0.1], ['schlecht', 0.2])],
      share: 0.5 / 0.7,
    },
  ])('$name', check);
});
