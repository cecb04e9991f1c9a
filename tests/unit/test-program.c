/* SPDX-License-Identifier: MIT */
#include "fixtures/program.h"

#include <elf.h>
#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "tests/tap/tap.h"

enum { SIZE_MAX_SHIPPED = 2048 };

struct expected {
    const char *architecture;
    uint16_t machine;
    unsigned char order;
};

static const struct expected table[] = {
    {"amd64", EM_X86_64, ELFDATA2LSB},  {"arm64", EM_AARCH64, ELFDATA2LSB},
    {"ppc64le", EM_PPC64, ELFDATA2LSB}, {"riscv64", EM_RISCV, ELFDATA2LSB},
    {"s390x", EM_S390, ELFDATA2MSB},
};

static uint16_t half(uint16_t v, unsigned char order)
{
    return order == ELFDATA2MSB ? be16toh(v) : le16toh(v);
}

static uint32_t word(uint32_t v, unsigned char order)
{
    return order == ELFDATA2MSB ? be32toh(v) : le32toh(v);
}

static void check_segments(const struct program *p, const Elf64_Ehdr *h, unsigned char order)
{
    unsigned writable = 0;
    unsigned loaded = 0;

    for (uint16_t i = 0; i < half(h->e_phnum, order); i++) {
        Elf64_Phdr s;

        memcpy(&s, (const char *)p->data + sizeof(*h) + i * sizeof(s), sizeof(s));
        if (word(s.p_type, order) == PT_LOAD) {
            loaded++;
            writable += (word(s.p_flags, order) & PF_W) != 0;
        }
        ok(word(s.p_type, order) != PT_INTERP && word(s.p_type, order) != PT_DYNAMIC,
           "it needs no dynamic linker");
    }
    is_int(loaded, 1, "it is one segment");
    is_int(writable, 0, "that nobody writes to");
}

static void check_one(const struct expected *e)
{
    const struct program *p = program_find(e->architecture);
    Elf64_Ehdr h;

    ok(p != NULL, "there is one for %s", e->architecture);
    if (p == NULL)
        return;
    is_str(p->architecture, e->architecture, "it says so");
    ok(p->size > sizeof(h) && p->size <= SIZE_MAX_SHIPPED, "it is small: %zu bytes", p->size);
    memcpy(&h, p->data, sizeof(h));
    ok(memcmp(h.e_ident, ELFMAG, SELFMAG) == 0, "it is an ELF file");
    is_int(h.e_ident[EI_CLASS], ELFCLASS64, "of 64 bits");
    is_int(h.e_ident[EI_DATA], e->order, "in that machine's byte order");
    is_int(half(h.e_machine, e->order), e->machine, "for that machine");
    is_int(half(h.e_type, e->order), ET_EXEC, "and a program");
    check_segments(p, &h, e->order);
}

static void test_list(void)
{
    size_t count = 0;

    for (const struct program *p = programs(); p->data != NULL; p++) {
        ok(program_find(p->architecture) == p, "%s is found", p->architecture);
        count++;
    }
    is_int((long long)count, sizeof(table) / sizeof(table[0]), "no other is listed");
    ok(program_find("x86_64") == NULL, "other words for them are not known");
    ok(program_find("") == NULL, "nor is no word");
}

int main(void)
{
    plan_lazy();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        check_one(&table[i]);
    test_list();
    done_testing();
}
