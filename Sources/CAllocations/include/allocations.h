#pragma once
#include <stdint.h>

/// How often this thread has asked for memory since it began.
uint64_t copyhook_allocations(void);

/// Bytes in use on the heap, in all of the process.
uint64_t copyhook_heap_bytes(void);
