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
