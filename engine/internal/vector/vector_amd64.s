#include "textflag.h"

// func hasAVX2() bool
TEXT ·hasAVX2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	MOVL $0, AX
	CPUID
	CMPL AX, $7
	JLT  none
	MOVL $1, AX
	MOVL $0, CX
	CPUID
	ANDL $0x18000000, CX // OSXSAVE and AVX
	CMPL CX, $0x18000000
	JNE  none
	MOVL $0, CX
	XGETBV
	ANDL $6, AX          // the system keeps XMM and YMM
	CMPL AX, $6
	JNE  none
	MOVL $7, AX
	MOVL $0, CX
	CPUID
	ANDL $0x20, BX       // AVX2
	JZ   none
	MOVB $1, ret+0(FP)
none:
	RET

// OFTEN is 32 times a byte.
#define OFTEN(name, eight) \
	DATA  name<>+0(SB)/8, eight  \
	DATA  name<>+8(SB)/8, eight  \
	DATA  name<>+16(SB)/8, eight \
	DATA  name<>+24(SB)/8, eight \
	GLOBL name<>(SB), RODATA|NOPTR, $32

OFTEN(·beforeTab, $0x0808080808080808)
OFTEN(·behindReturn, $0x0E0E0E0E0E0E0E0E)
OFTEN(·half, $0x0F0F0F0F0F0F0F0F)
OFTEN(·beforeSpace, $0x1F1F1F1F1F1F1F1F)
OFTEN(·space, $0x2020202020202020)
OFTEN(·beforeA, $0x4040404040404040)
OFTEN(·behindZ, $0x5B5B5B5B5B5B5B5B)

// PLAIN sets in ok the bytes of in that are plain, with what is before a space,
// before a tab, and behind a carriage return in Y1, Y2, Y3.
#define PLAIN(in, ok, t1, t2) \
	VPCMPGTB Y1, in, ok \
	VPCMPGTB Y2, in, t1 \
	VPCMPGTB in, Y3, t2 \
	VPAND    t1, t2, t1 \
	VPOR     t1, ok, ok

// func plainAVX2(p *byte, n int) int
TEXT ·plainAVX2(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	XORQ AX, AX
	VMOVDQU ·beforeSpace<>(SB), Y1
	VMOVDQU ·beforeTab<>(SB), Y2
	VMOVDQU ·behindReturn<>(SB), Y3
four:
	LEAQ 128(AX), DX
	CMPQ DX, CX
	JGT  one
	VMOVDQU (SI)(AX*1), Y4
	VMOVDQU 32(SI)(AX*1), Y5
	VMOVDQU 64(SI)(AX*1), Y6
	VMOVDQU 96(SI)(AX*1), Y7
	PLAIN(Y4, Y8, Y12, Y13)
	PLAIN(Y5, Y9, Y12, Y13)
	PLAIN(Y6, Y10, Y12, Y13)
	PLAIN(Y7, Y11, Y12, Y13)
	VPAND Y8, Y9, Y8
	VPAND Y10, Y11, Y10
	VPAND Y8, Y10, Y8
	VPMOVMSKB Y8, R8
	CMPL R8, $-1
	JNE  one
	MOVQ DX, AX
	JMP  four
one:
	LEAQ 32(AX), DX
	CMPQ DX, CX
	JGT  done
	VMOVDQU (SI)(AX*1), Y4
	PLAIN(Y4, Y8, Y12, Y13)
	VPMOVMSKB Y8, R8
	NOTL R8
	TESTL R8, R8
	JNZ  found
	MOVQ DX, AX
	JMP  one
found:
	BSFL R8, R8
	ADDQ R8, AX
done:
	VZEROUPPER
	MOVQ AX, ret+16(FP)
	RET

// func unplainAVX2(p *byte, n int) (high, control uint32)
TEXT ·unplainAVX2(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	XORQ AX, AX
	VMOVDQU ·beforeSpace<>(SB), Y1
	VMOVDQU ·beforeTab<>(SB), Y2
	VMOVDQU ·behindReturn<>(SB), Y3
	VPXOR    Y10, Y10, Y10 // high bytes
	VPCMPEQB Y11, Y11, Y11 // bytes that are plain or high
next:
	CMPQ AX, CX
	JGE  end
	VMOVDQU (SI)(AX*1), Y4
	PLAIN(Y4, Y8, Y12, Y13)
	VPOR  Y4, Y10, Y10
	VPOR  Y4, Y8, Y8
	VPAND Y8, Y11, Y11
	ADDQ  $32, AX
	JMP   next
end:
	VPMOVMSKB Y10, R8
	VPMOVMSKB Y11, R9
	NOTL R9
	VZEROUPPER
	MOVL R8, high+16(FP)
	MOVL R9, control+20(FP)
	RET

// func runAVX2(dst, too, src *byte, n int, r *Run) (taken, stop int)
TEXT ·runAVX2(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ too+8(FP), R15
	MOVQ src+16(FP), SI
	MOVQ n+24(FP), CX
	MOVQ r+32(FP), BX
	XORQ AX, AX
	XORQ R8, R8
	VMOVDQU (BX), Y1
	VMOVDQU 32(BX), Y2
	VMOVDQU 64(BX), Y7
	VMOVDQU 96(BX), Y8
	MOVL 128(BX), R12 // beyond
	MOVL 132(BX), R13 // blanks
	VMOVDQU ·half<>(SB), Y3
	VMOVDQU ·beforeA<>(SB), Y4
	VMOVDQU ·behindZ<>(SB), Y5
	VMOVDQU ·space<>(SB), Y6 // also what tells small letters
	VPXOR Y9, Y9, Y9
more:
	LEAQ 32(AX), DX
	CMPQ DX, CX
	JGT  out
	VMOVDQU (SI)(AX*1), Y0
	VPSRLW  $4, Y0, Y11
	VPSHUFB Y0, Y1, Y10
	VPAND   Y3, Y11, Y11
	VPSHUFB Y11, Y2, Y11
	VPAND   Y10, Y11, Y10
	VPCMPEQB Y9, Y10, Y10
	VPMOVMSKB Y10, R8
	NOTL R8
	VPMOVMSKB Y0, R9
	ANDL R12, R9
	ORL  R9, R8          // where it ends
	VPCMPEQB Y6, Y0, Y12
	VPMOVMSKB Y12, R10
	ANDL R13, R10        // spaces, which end it before another end or space
	MOVL R8, R11
	ORL  R10, R11
	SHRL $1, R11
	ORL  $0x80000000, R11
	ANDL R10, R11
	ORL  R11, R8
	VPCMPGTB Y4, Y0, Y13
	VPCMPGTB Y0, Y5, Y14
	VPAND   Y13, Y14, Y13
	VPAND   Y6, Y13, Y13
	VPOR    Y0, Y13, Y13
	VPCMPEQB Y7, Y0, Y14
	VPAND   Y8, Y14, Y14
	VPXOR   Y14, Y13, Y13
	VMOVDQU Y13, (DI)(AX*1)
	VMOVDQU Y13, (R15)(AX*1)
	TESTL   R8, R8
	JNZ     ends
	MOVQ    DX, AX
	JMP     more
ends:
	BSFL R8, R8
	ADDQ R8, AX
	CMPL R8, $31
	JEQ  last
	MOVQ $1, R8
	JMP  end
last:
	XORQ R8, R8 // at the last byte it may be a space that more follows
	LEAQ 32(AX), DX
	CMPQ DX, CX
	JLE  more
out:
	XORQ R8, R8
end:
	VZEROUPPER
	MOVQ AX, taken+40(FP)
	MOVQ R8, stop+48(FP)
	RET

// HALVES keeps in out what the halves of the bytes of in have in common.
#define HALVES(in, low, high, out, t) \
	VPOR    Y15, in, in   \
	VPSRLW  $4, in, t     \
	VPAND   Y14, in, in   \
	VPAND   Y14, t, t     \
	VPSHUFB in, low, in   \
	VPSHUFB t, high, t    \
	VPAND   in, t, out

// func triplesAVX2(p *byte, n int, t *Triples) int
TEXT ·triplesAVX2(SB), NOSPLIT, $0-32
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ t+16(FP), BX
	XORQ AX, AX
	VMOVDQU (BX), Y3
	VMOVDQU 32(BX), Y4
	VMOVDQU 64(BX), Y5
	VMOVDQU 96(BX), Y6
	VMOVDQU 128(BX), Y7
	VMOVDQU 160(BX), Y8
	VPBROADCASTB 192(BX), Y15
	VMOVDQU ·half<>(SB), Y14
	VPXOR Y13, Y13, Y13
	SUBQ $34, CX // the last offset
again:
	CMPQ AX, CX
	JGT  over
	VMOVDQU (SI)(AX*1), Y0
	VMOVDQU 1(SI)(AX*1), Y1
	VMOVDQU 2(SI)(AX*1), Y2
	HALVES(Y0, Y3, Y4, Y9, Y10)
	HALVES(Y1, Y5, Y6, Y11, Y10)
	HALVES(Y2, Y7, Y8, Y12, Y10)
	VPAND Y9, Y11, Y9
	VPAND Y9, Y12, Y9
	VPCMPEQB Y13, Y9, Y9
	VPMOVMSKB Y9, R8
	NOTL R8
	TESTL R8, R8
	JNZ  here
	ADDQ $32, AX
	JMP  again
here:
	BSFL R8, R8
	ADDQ R8, AX
over:
	VZEROUPPER
	MOVQ AX, ret+24(FP)
	RET

// func hasAVX512() bool
TEXT ·hasAVX512(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	MOVL $0, CX
	XGETBV
	ANDL $0xE6, AX       // the system keeps ZMM and masks
	CMPL AX, $0xE6
	JNE  lacks
	MOVL $7, AX
	MOVL $0, CX
	CPUID
	ANDL $0x40030000, BX // AVX512F, DQ, BW
	CMPL BX, $0x40030000
	JNE  lacks
	ANDL $0x42, CX       // VBMI, VBMI2
	CMPL CX, $0x42
	JNE  lacks
	TESTL AX, AX         // the last leaf of this kind
	JZ   lacks
	MOVL $7, AX
	MOVL $1, CX
	CPUID
	ANDL $0x10, AX       // AVX-VNNI: a processor whose gathers are not slow
	JZ   lacks
	MOVB $1, ret+0(FP)
lacks:
	RET

DATA ·pairsOfFours<>+0(SB)/8, $0x0000000100000000
DATA ·pairsOfFours<>+8(SB)/8, $0x0000000200000001
DATA ·pairsOfFours<>+16(SB)/8, $0x0000000300000002
DATA ·pairsOfFours<>+24(SB)/8, $0x0000000400000003
DATA ·pairsOfFours<>+32(SB)/8, $0x0000000500000004
DATA ·pairsOfFours<>+40(SB)/8, $0x0000000600000005
DATA ·pairsOfFours<>+48(SB)/8, $0x0000000700000006
DATA ·pairsOfFours<>+56(SB)/8, $0x0000000800000007
GLOBL ·pairsOfFours<>(SB), RODATA|NOPTR, $64

DATA ·fours<>+0(SB)/8, $0x0000000400000000
DATA ·fours<>+8(SB)/8, $0x0000000C00000008
DATA ·fours<>+16(SB)/8, $0x0000001400000010
DATA ·fours<>+24(SB)/8, $0x0000001C00000018
DATA ·fours<>+32(SB)/8, $0x0000002400000020
DATA ·fours<>+40(SB)/8, $0x0000002C00000028
DATA ·fours<>+48(SB)/8, $0x0000003400000030
DATA ·fours<>+56(SB)/8, $0x0000003C00000038
GLOBL ·fours<>(SB), RODATA|NOPTR, $64

// HASHED sets the mask of the eight grams at every fourth byte from an address
// on that the bitmap has.
#define HASHED(from, k) \
	VMOVDQU32  from, Z0           \
	VPERMD     Z0, Z10, Z0        \
	VPORQ      Z11, Z0, Z0        \
	VPMULLQ    Z12, Z0, Z0        \
	VPSRLQ     X13, Z0, Z1        \
	VPSRLQ     X14, Z0, Z2        \
	VPANDQ     Z15, Z1, Z1        \
	KXNORB     K3, K3, K3         \
	VPXORQ     Z3, Z3, Z3         \
	VPGATHERQQ (BX)(Z1*8), K3, Z3 \
	VPRORVQ    Z2, Z3, Z3         \
	VPTESTMQ   Z16, Z3, k

// func gramsAVX512(p *byte, n int, b *Bitmap, out *uint32, most int) (next, count int)
TEXT ·gramsAVX512(SB), NOSPLIT, $0-56
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ b+16(FP), DX
	MOVQ out+24(FP), DI
	MOVQ most+32(FP), R8
	MOVQ 0(DX), BX              // words
	VMOVDQU32    ·pairsOfFours<>(SB), Z10
	VPBROADCASTQ 24(DX), Z15    // mask
	VPBROADCASTQ 32(DX), Z12    // factor
	VPBROADCASTQ 40(DX), Z11    // fold
	VMOVQ        48(DX), X13    // shift to the word
	VMOVQ        56(DX), X14    // shift to the bit
	MOVL $1, R9
	VPBROADCASTQ R9, Z16
	VMOVDQU32    ·fours<>(SB), Z17
	MOVL $64, R9
	VPBROADCASTD R9, Z18
	XORQ AX, AX
	XORQ R10, R10
	SUBQ $96, CX                // the last offset
	JLT  enough
	SUBQ $16, R8
grams:
	HASHED((SI)(AX*1), K1)
	HASHED(32(SI)(AX*1), K2)
	KUNPCKBW   K1, K2, K1
	VPCOMPRESSD Z17, K1, Z4
	VMOVDQU32  Z4, (DI)(R10*4)
	KMOVW      K1, R9
	POPCNTL    R9, R9
	ADDQ       R9, R10
	VPADDD     Z18, Z17, Z17
	ADDQ       $64, AX
	CMPQ       AX, CX
	JGT        enough
	CMPQ       R10, R8
	JLE        grams
enough:
	VZEROUPPER
	MOVQ AX, next+40(FP)
	MOVQ R10, count+48(FP)
	RET

DATA ·ones<>+0(SB)/8, $0x0003000200010000
DATA ·ones<>+8(SB)/8, $0x0007000600050004
DATA ·ones<>+16(SB)/8, $0x000B000A00090008
DATA ·ones<>+24(SB)/8, $0x000F000E000D000C
DATA ·ones<>+32(SB)/8, $0x0013001200110010
DATA ·ones<>+40(SB)/8, $0x0017001600150014
DATA ·ones<>+48(SB)/8, $0x001B001A00190018
DATA ·ones<>+56(SB)/8, $0x001F001E001D001C
GLOBL ·ones<>(SB), RODATA|NOPTR, $64

// func pairsAVX512(p *byte, n int, t *Pairs, out *uint16, most int) (next, count int)
TEXT ·pairsAVX512(SB), NOSPLIT, $0-56
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ t+16(FP), DX
	MOVQ out+24(FP), DI
	MOVQ most+32(FP), R8
	VMOVDQU8 0(DX), Z8          // rows
	VMOVDQU8 64(DX), Z9
	VMOVDQU8 128(DX), Z10       // bytes of columns
	VMOVDQU8 192(DX), Z11
	VMOVDQU8 256(DX), Z12       // bits of columns
	VMOVDQU8 320(DX), Z13
	VMOVDQU8 384(DX), Z14       // the square
	VMOVDQU8 448(DX), Z15
	VMOVDQU16 ·ones<>(SB), Z16
	MOVL $32, R9
	VPBROADCASTW R9, Z18
	VPADDW Z18, Z16, Z17
	VPADDW Z18, Z18, Z18
	XORQ AX, AX
	XORQ R10, R10
	SUBQ $66, CX                // the last offset: a byte stands behind each pair
	JLT  full
	SUBQ $64, R8
pairs:
	VMOVDQU8 (SI)(AX*1), Z0
	VMOVDQU8 1(SI)(AX*1), Z1
	VMOVDQA64 Z1, Z2
	VPERMI2B Z9, Z8, Z0
	VPERMI2B Z11, Z10, Z1
	VPERMI2B Z13, Z12, Z2
	VPORQ    Z0, Z1, Z0
	VPERMI2B Z15, Z14, Z0
	VPTESTMB Z2, Z0, K1
	KSHIFTRQ $32, K1, K2
	KMOVD    K1, R9
	KMOVD    K2, R11
	VPCOMPRESSW Z16, K1, Z4
	VPCOMPRESSW Z17, K2, Z5
	VMOVDQU16 Z4, (DI)(R10*2)
	POPCNTL  R9, R9
	ADDQ     R9, R10
	VMOVDQU16 Z5, (DI)(R10*2)
	POPCNTL  R11, R11
	ADDQ     R11, R10
	VPADDW   Z18, Z16, Z16
	VPADDW   Z18, Z17, Z17
	ADDQ     $64, AX
	CMPQ     AX, CX
	JGT      full
	CMPQ     R10, R8
	JLE      pairs
full:
	VZEROUPPER
	MOVQ AX, next+40(FP)
	MOVQ R10, count+48(FP)
	RET
