#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Which of 64 bytes are what, a bit each, the first byte lowest.
typedef struct {
    uint64_t quotes;
    uint64_t backslashes;
    /// `{`, `}`, `[` and `]`.
    uint64_t brackets;
    /// `,` and `:`.
    uint64_t separators;
} copyhook_block;

#if defined(__SSE2__)
static inline uint64_t copyhook_bits(__m128i a, __m128i b, __m128i c, __m128i d) {
    return (uint64_t)(uint16_t)_mm_movemask_epi8(a)
        | (uint64_t)(uint16_t)_mm_movemask_epi8(b) << 16
        | (uint64_t)(uint16_t)_mm_movemask_epi8(c) << 32
        | (uint64_t)(uint16_t)_mm_movemask_epi8(d) << 48;
}

static inline __m128i copyhook_either(__m128i v, char one, char other) {
    return _mm_or_si128(
        _mm_cmpeq_epi8(v, _mm_set1_epi8(one)), _mm_cmpeq_epi8(v, _mm_set1_epi8(other)));
}
#endif

/// Sorts the 64 bytes at `bytes`, all of which must be readable.
static inline copyhook_block copyhook_sort(const uint8_t *_Nonnull bytes) {
    copyhook_block block;
#if defined(__SSE2__)
    __m128i v[4];
    for (int i = 0; i < 4; i++) v[i] = _mm_loadu_si128((const __m128i *)(bytes + 16 * i));
#define COPYHOOK_EACH(expression) \
    ({ __m128i r[4]; for (int i = 0; i < 4; i++) { __m128i x = v[i]; r[i] = (expression); } \
       copyhook_bits(r[0], r[1], r[2], r[3]); })
    block.quotes = COPYHOOK_EACH(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')));
    block.backslashes = COPYHOOK_EACH(_mm_cmpeq_epi8(x, _mm_set1_epi8('\\')));
    // 0x20 is all that `[` and `]` lack to be `{` and `}`.
    block.brackets = COPYHOOK_EACH(
        copyhook_either(_mm_or_si128(x, _mm_set1_epi8(0x20)), '{', '}'));
    block.separators = COPYHOOK_EACH(copyhook_either(x, ',', ':'));
#undef COPYHOOK_EACH
#else
    block.quotes = block.backslashes = block.brackets = block.separators = 0;
    for (int i = 0; i < 64; i++) {
        uint8_t byte = bytes[i], folded = byte | 0x20;
        block.quotes |= (uint64_t)(byte == '"') << i;
        block.backslashes |= (uint64_t)(byte == '\\') << i;
        block.brackets |= (uint64_t)(folded == '{' || folded == '}') << i;
        block.separators |= (uint64_t)(byte == ',' || byte == ':') << i;
    }
#endif
    return block;
}

/// Whether the `count` bytes at both places are the same.
static inline _Bool copyhook_same(
    const uint8_t *_Nonnull one, const uint8_t *_Nonnull other, size_t count) {
    return memcmp(one, other, count) == 0;
}
