#include "textflag.h"

// FOUR sets the mark of the lowest four bytes of v, and moves on by one.
#define FOUR(v, t) \
	MOVL  v, t          \
	IMULQ R8, t         \
	SHRQ  $40, t        \
	ANDL  R10, t        \
	MOVB  $0x80, (DI)(t*1) \
	SHRQ  $8, v

// func noteFourSteps(m *byte, mask uint32, p *byte, steps int)
TEXT ·noteFourSteps(SB), NOSPLIT, $0-32
	MOVQ m+0(FP), DI
	MOVL mask+8(FP), R10
	MOVQ p+16(FP), SI
	MOVQ steps+24(FP), CX
	MOVQ $0x9e3779b97f4a7c15, R8 // factor
	MOVQ $0x2020202020202020, R9
loop:
	MOVQ (SI), AX
	MOVQ 4(SI), BX
	ORQ  R9, AX
	ORQ  R9, BX
	FOUR(AX, DX)
	FOUR(BX, R11)
	FOUR(AX, R12)
	FOUR(BX, R13)
	FOUR(AX, DX)
	FOUR(BX, R11)
	FOUR(AX, R12)
	FOUR(BX, R13)
	ADDQ $8, SI
	DECQ CX
	JNZ  loop
	RET

// OFTEN is 32 times a byte.
#define OFTEN(four, x, y) \
	MOVL         $four, AX \
	MOVQ         AX, x     \
	VPBROADCASTD x, y

// func tagMasksAVX2(dst *uint32, p *byte, blocks int)
TEXT ·tagMasksAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ p+8(FP), SI
	MOVQ blocks+16(FP), CX
	OFTEN(0x20202020, X1, Y1)
	OFTEN(0x3C3C3C3C, X2, Y2)
	OFTEN(0x25252525, X3, Y3)
	OFTEN(0x7C7C7C7C, X4, Y4)
	OFTEN(0x24242424, X5, Y5)
loop:
	VPOR      (SI), Y1, Y0
	VPCMPEQB  Y0, Y2, Y6
	VPCMPEQB  Y0, Y3, Y7
	VPCMPEQB  Y0, Y4, Y8
	VPCMPEQB  Y0, Y5, Y9
	VPOR      Y6, Y7, Y6
	VPOR      Y8, Y9, Y8
	VPOR      Y6, Y8, Y6
	VPMOVMSKB Y6, AX
	MOVL      AX, (DI)
	ADDQ      $32, SI
	ADDQ      $4, DI
	DECQ      CX
	JNZ       loop
	VZEROUPPER
	RET

// func highBitsAVX2(dst, of *byte, blocks int)
TEXT ·highBitsAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ of+8(FP), SI
	MOVQ blocks+16(FP), CX
loop:
	VMOVDQU   (SI), Y0
	VPMOVMSKB Y0, AX
	MOVL      AX, (DI)
	ADDQ      $32, SI
	ADDQ      $4, DI
	DECQ      CX
	JNZ       loop
	VZEROUPPER
	RET
