import 'reflect-metadata';
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
@Injectable() class S { hi() { return 'hi'; } }
@Controller() class C { constructor(private readonly s: S) {} @Get('/hi') hi() { return this.s.hi(); } }
@Module({ controllers: [C], providers: [S] }) class M {}
const app = await NestFactory.create(M, new FastifyAdapter());
await app.listen(7991);
console.log('up');
